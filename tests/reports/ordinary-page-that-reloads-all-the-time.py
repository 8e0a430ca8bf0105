# SPDX-License-Identifier: GPL-2.0-only
"""A developer's page reloads six times."""
import time

from lab import Report, location

REPORT = Report("vite and webpack's hot reload behind nginx: an ordinary set-up", "en", right=None)


def run(lab, broken):
    front = lab.nginx(
        location(lab.ws("ws.send('connected'); ws.on('message', m => ws.send(String(m)));"))
    )
    lab.watch()
    for i in range(6):
        with lab.connect(front) as client:
            assert client.upgrade("/ws?token=abc")[0] == 101
            client.message()
            if i % 2:
                client.chat("ping")
            time.sleep(0.15)
            client.goodbye(1001)
