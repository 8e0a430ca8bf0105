# SPDX-License-Identifier: GPL-2.0-only
"""An agent puts 300 bytes of JSON into its pings; the server closes with 1002."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "gorilla/websocket: write control frame too long, control frame length > 125",
    "en",
    right=Verdict("bad-frame", says=("ping|control", "125|300")),
    never=("extension", "app-error", "policy", "too-big", "mask-c2s", "http-after-101"),
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        client.send(wire.PING, '{"load":1}'.ljust(300 if broken else 100))
        op, payload, _ = client.recv()
        if broken:
            assert (op, payload[:2]) == (wire.CLOSE, b"\x03\xea")
            client.send(op, payload)
            client.wait_end()
        else:
            assert op == wire.PONG
            client.goodbye()
