# SPDX-License-Identifier: GPL-2.0-only
"""nginx answers ws:// with 301 to https://, which clients of WebSockets do not follow."""
from lab import Report, Verdict, location

REPORT = Report(
    "stackoverflow: WebSocket connection failed: Unexpected response code: 301, return 301 https",
    "en",
    # nginx redirects to https; the client must ask wss:// itself.
    right=Verdict("redirect", says=("https|wss",)),
    never=("tls-mismatch", "auth", "origin-403", "upstream-down", "not-found", "upgrade-stripped"),
)


def run(lab, broken):
    back = lab.ws()
    front = lab.nginx("return 301 https://$host$request_uri;" if broken else location(back))
    lab.watch()
    assert lab.talk(front) == (301 if broken else 101)
