# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy's timeout tunnel cuts what nginx behind it would have kept for a minute."""
from lab import Report, Verdict, location

REPORT = Report(
    "haproxy discourse: websocket disconnects, timeout tunnel, nginx behind",
    "en",
    right=Verdict("idle-timeout", says=("haproxy", "timeout tunnel"), hop="haproxy"),
    dump=Verdict("idle-timeout", says=("quiet|without traffic",)),  # packets name no program
    never=("backend-restart", "reload", "app-error", "half-open", "no-goodbye"),
)


def run(lab, broken):
    front = lab.haproxy(lab.nginx(location(lab.ws())), tunnel="2s" if broken else "1h")
    lab.watch()
    with lab.connect(front) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello", "again")
        if broken:
            client.wait_end()
        else:
            client.goodbye()
