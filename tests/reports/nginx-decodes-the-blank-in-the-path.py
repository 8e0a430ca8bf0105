# SPDX-License-Identifier: GPL-2.0-only
"""proxy_pass http://backend$uri decodes %20, and the backend gets a request line with a blank."""
from lab import UPGRADE, Report, Verdict

RIGHT = Verdict(
    "bad-request-line path-rewritten", says=("blank|space", r"\$uri|%20|\$request_uri"), hop="nginx"
)
REPORT = Report(
    "warmcat/libwebsockets#2721",
    "en",
    right=RIGHT,
    never=("auth", "the client sent a"),
)


def run(lab, broken):
    backend = lab.ws()
    front = lab.nginx(
        "location / { %s proxy_pass http://127.0.0.1:%d%s; }"
        % (UPGRADE, backend, "$uri" if broken else "")
    )
    lab.watch()
    assert lab.talk(front, "/my%20room") == (400 if broken else 101)
