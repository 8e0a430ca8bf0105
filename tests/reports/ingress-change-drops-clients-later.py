# SPDX-License-Identifier: GPL-2.0-only
"""All clients drop some time after any change of an ingress rule."""
import signal

from lab import UPGRADE, Report, Verdict, location

REPORT = Report(
    "kubernetes/ingress-nginx#2461", "en",
    # The reload gives old workers worker_shutdown_timeout for what they have.
    right=Verdict("reload", says=("worker_shutdown_timeout",), hop="nginx"),
    never=("backend-restart", "idle-timeout", "early-client-close", "app-error"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws(), more=UPGRADE + " proxy_read_timeout 1h;"),
                      main="worker_shutdown_timeout 1s;" if broken else "")
    lab.watch()
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    lab.proxy.send_signal(signal.SIGHUP)
    for client in clients:
        if broken:
            client.wait_end()
            client.close()
        else:
            client.chat("still here")
            client.goodbye()
