# SPDX-License-Identifier: GPL-2.0-only
"""node's heartbeat idiom (isAlive, terminate)."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "websockets/ws wiki: How to detect and close broken connections; client drops every 60 s",
    "en",
    # The server pinged, no pong came, and it ended the connection at its next round.
    right=Verdict("server-heartbeat", says=("ping|pong",)),
    never=("idle-timeout", "backend-restart", "app-error", "half-open", "proxy_read_timeout"),
)


def run(lab, broken):
    port = lab.ws(
        """ws.alive = true; ws.on('pong', () => { ws.alive = true; });
        const t = setInterval(() => { if (!ws.alive) return ws.terminate(); ws.alive = false;
            ws.ping(); }, 900);
        ws.on('close', () => clearInterval(t)); ws.on('message', m => ws.send(String(m)));"""
    )
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        if broken:
            client.wait_end()
        else:
            for _ in range(3):
                op, payload, _ = client.recv()
                assert op == wire.PING
                client.send(wire.PONG, payload)
            client.goodbye()
