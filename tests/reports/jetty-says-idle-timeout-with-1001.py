# SPDX-License-Identifier: GPL-2.0-only
"""Jetty closes with 1001 and the reason idle timeout: no restart, a timer."""
from lab import Report, Verdict, wire

RIGHT = Verdict("idle-timeout", says=("idle",))
REPORT = Report(
    "itm/testbed-runtime#307", "en", right=RIGHT, never=("restarting", "backend-restart", "reload")
)


def run(lab, broken):
    def server(peer):
        peer.accept()
        peer.recv()
        if broken:
            peer.sock.settimeout(1.5)
            try:
                peer.recv()
            except TimeoutError:
                peer.goodbye(1001, "Connection Idle Timeout")
        else:
            peer.echo()

    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.send(wire.TEXT, "hello")
        if broken:
            op, payload, _ = client.recv()
            client.send(op, payload)
            client.wait_end()
        else:
            client.goodbye()
