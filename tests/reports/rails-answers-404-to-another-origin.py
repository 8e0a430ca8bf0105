# SPDX-License-Identifier: GPL-2.0-only
"""ActionCable answers /cable with 404 to the page of one site, and with 101 to another's."""
from lab import Report, Verdict

REPORT = Report(
    "octobox/octobox#1369",
    "en",
    # The same path gave 101 to another Origin a moment ago: the Origin is refused, the path is
    # right.
    right=Verdict("origin-403", says=("Origin", r"app\.example|http://localhost")),
    never=("path-rewritten", "auth", "upgrade-stripped", "upstream-down"),
)


def run(lab, broken):
    def puma(peer):
        peer.read_head()
        if peer.header("Origin") == "https://app.example":
            peer.accept([("Sec-WebSocket-Protocol", "actioncable-v1-json")])
            peer.send(1, '{"type":"welcome"}')
            peer.echo()
        else:
            peer.refuse("404 Not Found", "Page not found", [("Content-Type", "text/plain")])

    port = lab.serve(puma)
    lab.watch()
    names = ["https://app.example", "http://localhost" if broken else "https://app.example"]
    for name in names:
        with lab.connect(port) as client:
            status, _ = client.upgrade(
                "/cable",
                {
                    "Origin": name,
                    "Sec-WebSocket-Protocol": "actioncable-v1-json, actioncable-unsupported",
                },
            )
            if status == 101:
                client.chat('{"command":"subscribe"}')
                client.goodbye()
    assert status == (404 if broken else 101)
