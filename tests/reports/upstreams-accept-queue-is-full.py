# SPDX-License-Identifier: GPL-2.0-only
"""The backend's accept queue is full, nginx's SYNs stay unanswered: 504."""
from lab import UPGRADE, Report, Verdict, location

RIGHT = Verdict(
    "upstream-down upstream-mute", says=("answer|SYN|queue|accept|no connection came about",)
)
REPORT = Report(
    "websockets/ws#475",
    "en",
    right=RIGHT,
    never=("not among the ports", "tls-mismatch", "auth", "nothing listens"),
)


def run(lab, broken):
    backend = lab.serve(
        lambda peer: peer.accept().echo(), backlog=0 if broken else 64, accepts=not broken
    )
    if broken:
        lab.connect(backend)  # fills the queue
    front = lab.nginx(location(backend, more=UPGRADE + "proxy_connect_timeout 1s;"))
    lab.watch()
    assert lab.talk(front) == (504 if broken else 101)
