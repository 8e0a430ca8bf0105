# SPDX-License-Identifier: GPL-2.0-only
"""17 KB of cookies: node answers 431, the head being larger than the 16 KiB that it takes."""
from lab import Report, Verdict

RIGHT = Verdict(
    "too-large-head",
    says=(r"\b431\b", r"1[678][.,]?\d* ?k|\b17\d{3} bytes|16 KiB", "cookie|max-http-header-size"),
)
REPORT = Report("qzind/tray#1459", "en", right=RIGHT, never=("auth", "refused"))


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    cookie = "session=" + "a" * (17000 if broken else 1700)
    assert lab.talk(port, headers={"Cookie": cookie}) == (431 if broken else 101)
