# SPDX-License-Identifier: GPL-2.0-only
"""The server ends each connection with 1000, Connection Closed Normally, after some time."""
from lab import Report, wire

REPORT = Report("ice987987/ioBroker.husqvarna-automower#117", "de", right=None)


def run(lab, broken):
    def husqvarna(peer):
        peer.accept()
        for _ in range(3):
            peer.send(wire.PONG, peer.recv()[1])
        peer.send(wire.CLOSE, wire.close_payload(1000, "Connection Closed Normally"))
        peer.recv()

    server = lab.serve(husqvarna)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/v1")[0] == 101
    for _ in range(3):
        client.send(wire.PING, b"ping")
        assert client.recv()[0] == wire.PONG
    op, payload, _ = client.recv()
    assert op == wire.CLOSE
    client.send(wire.CLOSE, payload)
    client.wait_end()
    client.close()
