# SPDX-License-Identifier: GPL-2.0-only
"""Traefik of old tells the server a Close frame with 1006 when its client has gone."""
from lab import Report, Verdict

REPORT = Report(
    "traefik/traefik#3236",
    "en",
    # 1006 must never be sent: it is what a program says itself when no Close came.
    right=Verdict("bad-close", says=("1006",)),
    never=("app-error", "backend-restart", "idle-timeout", "bad-utf8", "close-changed"),
)


def run(lab, broken):
    port = lab.serve(lambda peer: peer.accept().echo())
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        client.goodbye(1006 if broken else 1001)
