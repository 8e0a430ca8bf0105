# SPDX-License-Identifier: GPL-2.0-only
"""The client says goodbye while the server still sends."""
from lab import Report
import wire

REPORT = Report("a ticker that is left: an ordinary end", "en", right=None)


def run(lab, broken):
    def server(peer):
        peer.accept()
        peer.recv()
        for i in range(6):
            peer.send(wire.TEXT, f"price {i}")
        op, payload, _ = peer.recv()
        assert op == wire.CLOSE
        peer.send(wire.TEXT, "price 6")
        peer.send(wire.TEXT, "price 7")
        peer.send(wire.CLOSE, payload)

    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.send(wire.TEXT, "subscribe")
        client.message()
        client.goodbye()
