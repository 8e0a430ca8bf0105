# SPDX-License-Identifier: GPL-2.0-only
"""Traefik has no router for the host name: 404 page not found."""
from lab import Report, Verdict

REPORT = Report(
    "traefik community: websocket 404 page not found",
    "en",
    # The answer is a 404 to this host and path; nothing says that Origin or cookies have to do
    # with it.
    right=Verdict("not-found", says=("404|does not know", "/ws")),
    never=("origin-403", "auth", "upgrade-stripped", "upstream-down", "path-rewritten"),
)


def run(lab, broken):
    def traefik(peer):
        peer.read_head()
        if peer.header("Host") == "chat.example":
            peer.accept().echo()
        else:
            peer.refuse(
                "404 Not Found",
                "404 page not found\n",
                [
                    ("Content-Type", "text/plain; charset=utf-8"),
                    ("X-Content-Type-Options", "nosniff"),
                ],
            )

    port = lab.serve(traefik)
    lab.watch()
    with lab.connect(port) as client:
        status, _ = client.upgrade(host="www.chat.example" if broken else "chat.example")
        assert status == (404 if broken else 101)
        if not broken:
            client.chat("hello")
            client.goodbye()
