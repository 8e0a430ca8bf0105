# SPDX-License-Identifier: GPL-2.0-only
"""Apache's mod_proxy ends quiet WebSockets after ProxyTimeout."""
from lab import Report, Verdict

REPORT = Report(
    "serverfault: apache mod_proxy_wstunnel closes websocket after 60 seconds, ProxyTimeout",
    "en",
    right=Verdict("idle-timeout", says=("apache2", "Timeout"), hop="apache2"),
    dump=Verdict("idle-timeout", says=("quiet|without traffic",)),  # packets name no program
    never=("backend-restart", "reload", "app-error", "half-open", "proxy_read_timeout"),
)


def run(lab, broken):
    front = lab.apache(lab.ws(), main="ProxyTimeout 2\nTimeout 2\n" if broken else "")
    lab.watch()
    with lab.connect(front) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        if broken:
            client.wait_end()
        else:
            client.goodbye()
