# SPDX-License-Identifier: GPL-2.0-only
"""Handshakes work without nginx and get 400 behind it: invalid Upgrade header: null."""
from lab import UPGRADE, Report, Verdict, location

RIGHT = Verdict("upgrade-stripped upstream-http10", says=("proxy_set_header", "Upgrade"),
                hop="nginx", also="upstream-http10 upgrade-stripped")
REPORT = Report(
    "solid-connection/solid-connect-server#480", "ko",
    right=RIGHT, dump=RIGHT.but(says=("Upgrade",)),
    never=("auth", "bad-request-line"),
)


def run(lab, broken):
    def spring(peer):
        peer.read_head()
        if peer.header("Upgrade").lower() != "websocket":
            peer.refuse("400 ", 'Can "Upgrade" only to "WebSocket".', [("Connection", "close")])
            return
        peer.accept().echo()

    front = lab.nginx(location(lab.serve(spring), more="" if broken else UPGRADE))
    lab.watch()
    assert lab.talk(front, "/connect?token=abc") == (400 if broken else 101)
