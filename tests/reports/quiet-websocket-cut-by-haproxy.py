# SPDX-License-Identifier: GPL-2.0-only
"""haproxy cuts a WebSocket that was quiet for longer than its timeout; pings in time prevent it."""
import time

from lab import Report, Verdict, wire

RIGHT = Verdict("idle-timeout", says=("timeout tunnel", r"\b[12](\.\d+)? ?s"), hop="haproxy")
REPORT = Report(
    "gotify/website#82",
    "en",
    right=RIGHT,
    dump=RIGHT.but(says=("quiet|idle",)),
    never=("proxy_read_timeout", "reload", "backend-restart", "app-error"),
)


def run(lab, broken):
    backend, limit = lab.ws(), "2s"
    front = lab.haproxy(backend, tunnel=limit)
    lab.watch()
    with lab.connect(front) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        if broken:
            client.wait_end()
        else:
            for _ in range(4):
                time.sleep(0.6)  # pings well within the 2 s
                client.send(wire.PING, "p")
                assert client.recv()[0] == wire.PONG
            client.goodbye()
