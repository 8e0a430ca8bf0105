# SPDX-License-Identifier: GPL-2.0-only
"""A client of a site behind Cloudflare gets 521 to its handshake."""
from lab import Report, Verdict

REPORT = Report(
    "cloudflare community: Unexpected server response: 521",
    "en",
    # Cloudflare answered, not the site: it could not connect to the site's server.
    right=Verdict("refused upstream-down", says=("521",)),
    never=("origin-403", "auth", "not-found", "app-error", "upgrade-stripped", "no-key"),
)


def run(lab, broken):
    def edge(peer):
        peer.read_head()
        if broken:
            peer.refuse(
                "521 <none>",
                "error code: 521",
                [("Server", "cloudflare"), ("CF-RAY", "7f0a-FRA"), ("Content-Type", "text/plain")],
            )
        else:
            peer.accept([("Server", "cloudflare")]).echo()

    port = lab.serve(edge)
    lab.watch()
    assert lab.talk(port, headers={"Origin": "https://a.example"}) == (521 if broken else 101)
