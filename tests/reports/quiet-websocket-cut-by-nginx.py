# SPDX-License-Identifier: GPL-2.0-only
"""nginx cuts a WebSocket that was quiet for longer than its timeout; pings in time prevent it."""
import time

from lab import UPGRADE, Report, Verdict, location, wire

RIGHT = Verdict("idle-timeout", says=("proxy_read_timeout", r"\b[12](\.\d+)? ?s"), hop="nginx")
REPORT = Report(
    "websockets/ws#1598",
    "en",
    right=RIGHT,
    dump=RIGHT.but(says=("quiet|idle",)),
    never=("timeout tunnel", "reload", "backend-restart", "app-error"),
)


def run(lab, broken):
    backend, limit = lab.ws(), "2s"
    front = lab.nginx(location(backend, more=UPGRADE + f"proxy_read_timeout {limit};"))
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
