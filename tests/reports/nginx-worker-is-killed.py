# SPDX-License-Identifier: GPL-2.0-only
"""One of nginx's two workers is killed (SIGKILL, out of memory): its clients are gone."""
import os
import signal

from lab import Report, Verdict, location

REPORT = Report(
    "nginx ticket: worker process exited on signal 9, websockets drop",
    "en",
    # nginx's worker ended; the backend was well.
    right=Verdict("reload", says=("nginx",), hop="nginx"),
    dump=Verdict("reload no-goodbye reset backend-restart"),
    never=("idle-timeout", "backend-restart", "app-error", "half-open"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        pid = lab.process[front].pid
        workers = open(f"/proc/{pid}/task/{pid}/children").read().split()
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        for client in clients:
            client.wait_end()
    else:
        for client in clients:
            client.goodbye()
