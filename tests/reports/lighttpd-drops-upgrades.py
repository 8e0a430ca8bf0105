# SPDX-License-Identifier: GPL-2.0-only
"""Web applications behind each user's lighttpd load, but their WebSockets never open."""
from lab import Report, Verdict

RIGHT = Verdict("upgrade-stripped", says=("proxy.header|upgrade",), hop="lighttpd",
                also="upstream-http10")
REPORT = Report(
    "MagnaCapax/PMSS#689", "en",
    right=RIGHT,
    never=("refused", "auth", "not-found", "proxy_set_header"),
)


def run(lab, broken):
    front = lab.lighttpd(lab.ws(), *([""] if broken else []))
    lab.watch()
    assert lab.talk(front) == (426 if broken else 101)
