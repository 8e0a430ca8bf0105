# SPDX-License-Identifier: GPL-2.0-only
"""A JWT of 9 kB in the query: nginx answers 414."""
from lab import Report, Verdict, location

REPORT = Report(
    "auth0 community: 414 Request-URI Too Large with access_token in the websocket URL",
    "en",
    # The first line of the request is longer than nginx takes (8k), since the query is.
    right=Verdict(
        "too-large-head bad-request-line",
        says=("nginx|large_client_header", "target|query|URI|first line|path|line"),
        hop="nginx",
    ),
    dump=Verdict(
        "too-large-head bad-request-line", says=("target|query|URI|first line|path|line",)
    ),
    never=("auth", "origin-403", "not-found", "remove cookies", "upstream-down", "xxxxxxxx"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    assert lab.talk(front, "/ws?access_token=" + "x" * (9000 if broken else 900)) == (
        414 if broken else 101
    )
