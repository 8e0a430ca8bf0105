# SPDX-License-Identifier: GPL-2.0-only
"""A bot is closed with 4009: it answers no heartbeats (messages of the application, not pings)."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "discordjs/discord.js: WebSocket closed 4009 Session timed out",
    "en",
    # The server's own code and words: no heartbeat message came from the client.
    right=Verdict(
        "server-heartbeat policy idle-timeout app-error",
        says=("4009", "Heartbeat|Session timed out"),
    ),
    never=("backend-restart", "reload", "half-open", "proxy_read_timeout", "no-goodbye"),
)


def run(lab, broken):
    port = lab.ws(
        """let n = 0; ws.send('{"op":10}');
        const t = setInterval(() => { if (n++ > 1) ws.close(4009,
            'Session timed out: no heartbeat');
                                      else ws.send('{"op":11}'); }, 700);
        ws.on('message', () => { n = 0; }); ws.on('close', () => clearInterval(t));"""
    )
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        for _ in range(3):
            client.message()
            if not broken:
                client.send(wire.TEXT, '{"op":1}')
        if broken:
            op, payload, _ = client.recv()
            assert op == wire.CLOSE
            client.send(op, payload)
            client.wait_end()
        else:
            client.goodbye()
