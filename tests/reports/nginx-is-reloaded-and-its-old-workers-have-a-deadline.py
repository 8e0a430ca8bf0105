# SPDX-License-Identifier: GPL-2.0-only
"""nginx -s reload with worker_shutdown_timeout: a second later all WebSockets are cut at once."""
import signal

from lab import Report, Verdict, location

REPORT = Report(
    "kubernetes/ingress-nginx: websockets dropped on every reload, worker-shutdown-timeout",
    "en",
    right=Verdict("reload", says=("nginx", "reload|worker"), hop="nginx"),
    dump=Verdict("reload no-goodbye reset backend-restart"),
    never=("idle-timeout", "app-error", "half-open", "proxy_read_timeout"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()), main="worker_shutdown_timeout 1s;")
    lab.watch()
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        lab.process[front].send_signal(signal.SIGHUP)
        for client in clients:
            client.wait_end()
    else:
        for client in clients:
            client.goodbye()
