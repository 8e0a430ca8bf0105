# SPDX-License-Identifier: GPL-2.0-only
"""The server closes with 1000 when its work is done, the client's TCP ends first."""
import socket

from lab import Report
import wire

REPORT = Report("log streams of CI servers: an ordinary set-up", "en", right=None)


def run(lab, broken):
    def server(peer):
        peer.accept()
        for i in range(3):
            peer.send(wire.TEXT, f"line {i}")
        peer.send(wire.CLOSE, wire.close_payload(1000, "done"))
        peer.recv()
        peer.wait_end()

    port = lab.serve(server)
    lab.watch()
    for _ in range(2):
        with lab.connect(port) as client:
            assert client.upgrade()[0] == 101
            while True:
                op, payload, _ = client.recv()
                if op == wire.CLOSE:
                    break
            client.send(op, payload)
            client.sock.shutdown(socket.SHUT_WR)
            client.wait_end()
