# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy answers 400 once several cookies together are over its buffer of 16 KiB."""
from lab import Report, Verdict

REPORT = Report(
    "haproxy discourse: 400 Bad request, tune.bufsize and large headers, state PR--",
    "en",
    # The whole head has more than 16 KiB, HAProxy's buffer; no single header is to blame by itself.
    right=Verdict(
        "too-large-head",
        says=(r"1[67][,.]?\d{3} bytes|1[67](\.\d)? ?KiB", "bufsize|haproxy"),
        hop="haproxy",
    ),
    dump=Verdict("too-large-head", says=(r"1[67][,.]?\d{3} bytes",)),  # packets name no program
    never=("auth", "origin-403", "nginx", "bad-request-line", "upstream-down"),
)


def run(lab, broken):
    front = lab.haproxy(lab.ws())
    lab.watch()
    cookies = [("Cookie", f"part{i}=" + "y" * (3300 if broken else 300)) for i in range(5)]
    assert lab.talk(front, headers=cookies) in ((400, 431) if broken else (101,))
