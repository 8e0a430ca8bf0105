# SPDX-License-Identifier: GPL-2.0-only
"""The connection closes as soon as a picture is sent."""
from lab import Report, Verdict, wire

REASON = ("The decoded text message was too big for the output buffer"
          " and the endpoint does not support partial messages")
REPORT = Report(
    "Linyuzai/concept#28", "zh",
    # Tomcat closes with 1009 in the middle of a message that is larger than its buffer.
    right=Verdict("too-big", says=(r"20[ ,]?006|19\.5|20 ?k",)),
    never=("bad-frame", "app-error", "idle-timeout"),
)


def run(lab, broken):
    def tomcat(peer):
        peer.accept()
        if not broken:
            peer.echo()
            return
        wire.recv_exactly(peer.sock, 8 + 8192)
        peer.send(wire.CLOSE, wire.close_payload(1009, REASON))
        peer.wait_end()

    server = lab.serve(tomcat)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade()[0] == 101
    client.send(wire.TEXT, "data:image/png;base64," + "iVBORw0K" * 2498)
    op, payload, _ = client.recv()
    assert op == (wire.CLOSE if broken else wire.TEXT)
    if broken:
        client.send(wire.CLOSE, payload)
        client.close()
    else:
        client.goodbye()
