# SPDX-License-Identifier: GPL-2.0-only
"""A port scan and a balancer's TCP check: connections without a byte, or that are reset."""
from lab import Report, location

REPORT = Report(
    "python-websockets/websockets#1551",
    "en",
    never=("refused", "reset", "upstream-mute", "tls-mismatch"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    for _ in range(4):
        lab.connect(front).close()
        lab.connect(front).abort()
    with lab.connect(front) as client:
        client.raw("OPTIONS / HTTP/1.0\r\n\r\n")
        client.wait_end()
    assert lab.talk(front) == 101
