# SPDX-License-Identifier: GPL-2.0-only
"""Since Node 18 proxied WebSockets end after about a minute."""
import time

from lab import Report, Verdict, wire

REPORT = Report(
    "http-party/node-http-proxy#1664", "en",
    # The HTTP server's requestTimeout still counts: it writes a 408 into the WebSocket.
    right=Verdict("http-after-101", says=("408", r"requestTimeout|time-?out (of|for) requests")),
    never=("idle-timeout", "bad-frame", "rsv-not-agreed", "client-error", "app-error"),
)


def run(lab, broken):
    def node(peer):
        peer.accept()
        for _ in range(4):
            peer.send(wire.TEXT, peer.message())
        if broken:
            time.sleep(0.5)
            peer.raw("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
            return
        peer.echo()

    server = lab.serve(node)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade()[0] == 101
    for n in range(4):
        client.chat(f"tick {n}")
        time.sleep(0.2)
    if broken:
        assert wire.recv_exactly(client.sock, 12) == b"HTTP/1.1 408"
        client.goodbye(1002)
    else:
        client.goodbye()
