# SPDX-License-Identifier: GPL-2.0-only
"""The app closes each WebSocket with the status 12592."""
from lab import Report, Verdict, wire

REPORT = Report(
    "owntracks/android#448", "en",
    # The code was written in letters: 12592 is "10".
    right=Verdict("bad-close", says=("12592", "client")),
    never=("app-error", "bad-frame", "bad-utf8", "policy"),
)


def run(lab, broken):
    server = lab.serve(lambda peer: peer.accept([("Sec-WebSocket-Protocol", "mqtt")]).echo())
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/mqtt", {"Sec-WebSocket-Protocol": "mqtt"})[0] == 101
    client.send(wire.BINARY, b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0")
    client.recv()
    client.send(wire.CLOSE, b"1000" if broken else wire.close_payload(1000))
    client.wait_end()
    client.close()
