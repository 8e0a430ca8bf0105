# SPDX-License-Identifier: GPL-2.0-only
"""A Cookie line of 8.7 kB: websockets answers 400, its limit being 8 KiB a line."""
from lab import Report, Verdict

RIGHT = Verdict("too-large-head", says=(r"8[.,]?\d ?k|8\d{3} bytes|9\d{3} bytes", "cookie|header"))
REPORT = Report(
    "python-websockets/websockets#1471",
    "en",
    right=RIGHT,
    never=("auth", "bad-request-line", "TLS"),
)


def run(lab, broken):
    port = lab.websockets()
    lab.watch()
    cookie = "session=" + "a" * (8700 if broken else 870)
    assert lab.talk(port, headers={"Cookie": cookie}) == (400 if broken else 101)
