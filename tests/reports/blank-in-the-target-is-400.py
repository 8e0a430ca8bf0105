# SPDX-License-Identifier: GPL-2.0-only
"""A room's name with a blank goes into the URL as it is; the server answers 400."""
from lab import Report, Verdict

RIGHT = Verdict("bad-request-line", says=("blank|space", r"my room|%20"))
REPORT = Report(
    "netty/netty#4505",
    "en",
    right=RIGHT,
    never=("auth", "origin-403", "tls-mismatch", "proxy-protocol"),
)


def check(lab, medium, events, said):
    assert any(e["type"] == "request" for e in events), "the request is not shown"
    assert not any(e["type"] in ("lost", "resync") for e in events), "something is said to be lost"
    assert " 0 lost" in said.splitlines()[-1], said


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    assert lab.talk(port, "/chat?room=my room" if broken else "/chat?room=my%20room") == (
        400 if broken else 101
    )
