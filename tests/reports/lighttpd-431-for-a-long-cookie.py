# SPDX-License-Identifier: GPL-2.0-only
"""lighttpd answers a handshake with a large cookie with 431."""
from lab import Report, Verdict

REPORT = Report(
    "lighttpd forum: 431 Request Header Fields Too Large, server.max-request-field-size",
    "en",
    right=Verdict(
        "too-large-head",
        says=(r"9\d{3} bytes", "cookie", "lighttpd|max-request-field-size"),
        hop="lighttpd",
    ),
    dump=Verdict("too-large-head", says=(r"9\d{3} bytes", "cookie")),  # packets name no program
    never=("auth", "origin-403", "large_client_header_buffers", "upstream-down"),
)


def run(lab, broken):
    front = lab.lighttpd(lab.ws())
    lab.watch()
    cookie = "session=" + "x" * (9000 if broken else 900)
    assert lab.talk(front, headers={"Cookie": cookie}) in ((400, 431) if broken else (101,))
