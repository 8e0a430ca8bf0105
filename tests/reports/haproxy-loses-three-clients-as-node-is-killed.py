# SPDX-License-Identifier: GPL-2.0-only
"""The OOM killer takes node behind HAProxy: three clients are gone at once, without a Close."""
import signal

from lab import Report, Verdict

REPORT = Report(
    "kubernetes: OOMKilled websocket pod, all clients code 1006",
    "en",
    # The backend ended, by SIGKILL; haproxy only passed the end on.
    right=Verdict("backend-restart", says=("node",)),
    dump=Verdict("backend-restart"),  # packets name no program
    never=("idle-timeout", "reload", "half-open", "timeout tunnel", "app-error"),
)


def run(lab, broken):
    back = lab.ws()
    front = lab.haproxy(back)
    lab.watch()
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        lab.kill(back, signal.SIGKILL)
        for client in clients:
            client.wait_end()
    else:
        for client in clients:
            client.goodbye()
