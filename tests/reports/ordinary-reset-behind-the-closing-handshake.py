# SPDX-License-Identifier: GPL-2.0-only
"""A Windows server resets the connection after both Close frames."""
import time

from lab import Report
import wire

REPORT = Report("IIS and gorilla/websocket: an ordinary end", "en", right=None)


def run(lab, broken):
    def server(peer):
        peer.accept()
        op, payload, _ = peer.recv()
        while op != wire.CLOSE:
            peer.send(op, payload)
            op, payload, _ = peer.recv()
        peer.send(wire.CLOSE, payload)
        time.sleep(0.1)
        peer.abort()

    port = lab.serve(server)
    lab.watch()
    for payload in (wire.close_payload(1000), b"", wire.close_payload(1001, "bye")):
        with lab.connect(port) as client:
            assert client.upgrade()[0] == 101
            client.chat("hello")
            client.send(wire.CLOSE, payload)
            client.recv()
            client.wait_end()
