# SPDX-License-Identifier: GPL-2.0-only
"""Streaming never starts: Unexpected response code: 301."""
from lab import Report, Verdict, location

REPORT = Report(
    "cutls/TheDesk#991", "en",
    right=Verdict("redirect", says=("/api/v1/streaming",)),
    never=("upgrade-stripped", "not-found", "auth"),
)


def run(lab, broken):
    def gotosocial(peer):
        peer.read_head()
        path, _, query = peer.target.partition("?")
        if path.endswith("/"):
            peer.refuse("301 Moved Permanently", '<a href="/api/v1/streaming">Moved</a>.',
                        [("Content-Type", "text/html; charset=utf-8"),
                         ("Location", f"{path[:-1]}?{query}")])
            peer.wait_end()
            return
        peer.accept().echo()

    front = lab.nginx(location(lab.serve(gotosocial)))
    lab.watch()
    slash = "/" if broken else ""
    assert lab.talk(front, f"/api/v1/streaming{slash}?stream=user") == (301 if broken else 101)
