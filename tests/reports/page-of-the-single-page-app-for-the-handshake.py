# SPDX-License-Identifier: GPL-2.0-only
"""The web server's fallback answers the handshake with 200 and index.html."""
from lab import Report, Verdict, location

RIGHT = Verdict("refused not-found", says=(r"\b200\b", "page|HTML|location|route|passes"))
REPORT = Report(
    "Kohulan/ChemAudit#12",
    "en",
    right=RIGHT,
    never=("upstream-mute", "auth", "redirect", "server's log; 400"),
)


def run(lab, broken):
    (lab.dir / "index.html").write_text("<!doctype html><title>app</title>")
    front = lab.nginx(
        location(lab.ws(), "/api/ws")
        + "location / { root %s; try_files $uri /index.html; }" % lab.dir
    )
    lab.watch()
    assert lab.talk(front, "/ws" if broken else "/api/ws") == (200 if broken else 101)
