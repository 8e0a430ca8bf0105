# SPDX-License-Identifier: GPL-2.0-only
"""Action Cable answers 404 in production, though the route is there."""
from lab import Report, Verdict

REPORT = Report(
    "meimei-kr/idea-space-trip#113", "ja",
    # allowed_request_origins misses one of the site's names; the other gets a 101 on the same path.
    right=Verdict("origin-403", certainty="likely", says=("origin",)),
    never=("not-found", "path-rewritten", "upgrade-stripped"),
)
ALLOWED = ("https://idea-space-trip.fly.dev",)


def run(lab, broken):
    def puma(peer):
        peer.read_head()
        if broken and peer.header("Origin") not in ALLOWED:
            peer.refuse("404 Not Found", "Page not found",
                        [("Content-Type", "text/plain; charset=utf-8")])
            return
        peer.accept([("Sec-WebSocket-Protocol", "actioncable-v1-json")]).echo()

    server = lab.serve(puma)
    lab.watch()
    offer = {"Sec-WebSocket-Protocol": "actioncable-v1-json, actioncable-unsupported"}
    assert lab.talk(server, "/cable", {**offer, "Origin": ALLOWED[0]}) == 101
    for _ in range(2):
        assert lab.talk(server, "/cable", {**offer, "Origin": "https://idea-space-trip.net"}) \
            == (404 if broken else 101)
