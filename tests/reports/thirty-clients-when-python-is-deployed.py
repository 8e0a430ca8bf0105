# SPDX-License-Identifier: GPL-2.0-only
"""A deploy: python3-websockets is ended with SIGTERM."""
from lab import Report, Verdict

REPORT = Report(
    "fastapi forum: all websocket clients disconnect at deploy",
    "en",
    # The server itself was stopped: all thirty ended at once, its process ended.
    right=Verdict(
        "restarting backend-restart", says=("restart|stop|shut|ended|going away|SIGTERM",)
    ),
    never=("idle-timeout", "reload", "half-open", "app-error", "client closed|clients? left"),
)


def run(lab, broken):
    port = lab.websockets()
    lab.watch()
    clients = [lab.connect(port) for _ in range(30)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        lab.kill(port)
        for client in clients:
            client.wait_end()
    else:
        for client in clients:
            client.goodbye()
