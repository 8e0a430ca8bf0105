# SPDX-License-Identifier: GPL-2.0-only
"""A deploy: node sends 1012, Service Restart, to all its clients and ends."""
import signal

from lab import Report, Verdict
import wire

REPORT = Report(
    "phoenixframework: close 1012 service restart at each deploy",
    "en",
    # The server says that it restarts (1012): ordinary at a deploy, and no one's time-out.
    right=Verdict("restarting backend-restart", says=("1012|restart",)),
    never=("idle-timeout", "reload", "app-error", "half-open", "bad-close", "no-goodbye"),
)


def run(lab, broken):
    back = lab.node(
        """const wss = new WebSocket.Server({ host: '127.0.0.1', port: PORT });
        wss.on('connection', ws => ws.on('message', m => ws.send(String(m))));
        process.on('SIGTERM', () => { for (const ws of wss.clients) ws.close(1012,
            'Service Restart');
                                      setTimeout(() => process.exit(0), 400); });"""
    )
    front = lab.haproxy(back)
    lab.watch()
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        lab.process[back].send_signal(signal.SIGTERM)
        for client in clients:
            op, payload, _ = client.recv()
            assert op == wire.CLOSE
            client.send(op, payload)
        for client in clients:
            client.wait_end()
    else:
        for client in clients:
            client.goodbye()
