# SPDX-License-Identifier: GPL-2.0-only
"""Three pings, one pong for the last; pongs nobody asked for."""
import time

from lab import Report
import wire

REPORT = Report("RFC 6455, 5.5.3: what is allowed, an ordinary connection", "en", right=None)


def run(lab, broken):
    def server(peer):
        peer.accept()
        for i in range(3):
            peer.send(wire.PING, f"{i}")
        while True:
            op, payload, first = peer.recv()
            peer.send(wire.PONG if op == wire.PING else op, payload, fin=bool(first & 128))
            if op == wire.CLOSE:
                return

    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        for _ in range(3):
            assert client.recv()[0] == wire.PING
        client.send(wire.PONG, "2")
        assert client.recv()[0] == wire.PONG
        for _ in range(3):
            client.send(wire.PONG, "")
            assert client.recv()[0] == wire.PONG
            time.sleep(0.2)
        client.send(wire.TEXT, "half a ", fin=False)
        client.send(wire.PING, "amid")
        client.send(wire.CONT, "message")
        assert [client.recv()[0] for _ in range(3)] == [wire.TEXT, wire.PONG, wire.CONT]
        client.send(wire.BINARY, b"\x81\x05" * 1000000)
        assert len(client.recv()[1]) == 2000000
        client.goodbye()
