# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy, nginx and node with short timeouts; pings both ways keep the connection."""
import time

from lab import UPGRADE, Report, location
import wire

REPORT = Report("haproxy and nginx in front of node: an ordinary set-up", "en", right=None)


def run(lab, broken):
    back = lab.ws(
        "const t = setInterval(() => ws.ping(), 1000); ws.on('close', () => clearInterval(t));"
        "ws.on('message', m => ws.send(String(m)));"
    )
    front = lab.haproxy(
        lab.nginx(location(back, more=UPGRADE + " proxy_read_timeout 3s;")), tunnel="3s"
    )
    lab.watch()
    with lab.connect(front) as client:
        assert client.upgrade()[0] == 101
        end = time.monotonic() + 5
        while time.monotonic() < end:
            op, payload, _ = client.recv()
            if op == wire.PING:
                client.send(wire.PONG, payload)
        client.goodbye()
