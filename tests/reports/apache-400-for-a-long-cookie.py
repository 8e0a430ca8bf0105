# SPDX-License-Identifier: GPL-2.0-only
"""Apache answers 400, Size of a request header field exceeds server limit."""
from lab import Report, Verdict

REPORT = Report(
    "serverfault: Size of a request header field exceeds server limit. Cookie",
    "en",
    # One header, the cookie of 9000 bytes, is larger than Apache's limit of 8190.
    right=Verdict(
        "too-large-head",
        says=(r"9\d{3} bytes", "cookie", "LimitRequestFieldSize|apache2"),
        hop="apache2",
    ),
    dump=Verdict("too-large-head", says=(r"9\d{3} bytes", "cookie")),  # packets name no program
    never=("auth", "origin-403", "upgrade-stripped", "nginx", "upstream-down"),
)


def run(lab, broken):
    front = lab.apache(lab.ws())
    lab.watch()
    cookie = "session=" + "x" * (9000 if broken else 900)
    assert lab.talk(front, headers={"Cookie": cookie}) == (400 if broken else 101)
