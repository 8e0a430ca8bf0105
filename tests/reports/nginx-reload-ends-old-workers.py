# SPDX-License-Identifier: GPL-2.0-only
"""nginx is reloaded with worker_shutdown_timeout: all WebSockets of its old workers end."""
import signal

from lab import Report, Verdict, location

RIGHT = Verdict("reload", says=("reload", "worker_shutdown_timeout"), hop="nginx")
REPORT = Report(
    "kubernetes/ingress-nginx#2461",
    "en",
    right=RIGHT,
    own=RIGHT,
    dump=Verdict("reload backend-restart restarting", "likely"),
    never=("app-error", "idle-timeout"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()), main="worker_shutdown_timeout 1s;")
    lab.watch()
    clients = [lab.connect(front) for _ in range(5)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        lab.process[front].send_signal(signal.SIGHUP)
    for client in clients:
        client.wait_end() if broken else client.goodbye()
        client.close()
