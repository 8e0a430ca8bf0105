# SPDX-License-Identifier: GPL-2.0-only
"""The log is flooded: the fourth tab's connection is closed again every few seconds."""
from lab import Report, Verdict, wire

REPORT = Report(
    "jonwiggins/optio#291", "en",
    right=Verdict("policy", says=("connection limit",)),
    never=("auth", "bad-frame", "app-error", "reset"),
)


def run(lab, broken):
    here = []

    def optio(peer):
        peer.accept()
        here.append(peer)
        if len(here) > 3 and broken:
            peer.send(wire.CLOSE, wire.close_payload(4429, "WebSocket connection limit exceeded"))
            peer.recv()
            return
        peer.echo()

    server = lab.serve(optio)
    lab.watch()
    clients = [lab.connect(server) for _ in range(6)]
    for n, client in enumerate(clients):
        assert client.upgrade("/ws/logs")[0] == 101
        if n < 3 or not broken:
            client.chat("hello")
            continue
        op, payload, _ = client.recv()
        assert op == wire.CLOSE
        client.send(wire.CLOSE, payload)
        client.wait_end()
        client.close()
    for client in clients[:3] if broken else clients:
        client.goodbye()
