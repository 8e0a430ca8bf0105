# SPDX-License-Identifier: GPL-2.0-only
"""nginx answers every handshake with 400 once the cookies have grown."""
from lab import Report, Verdict, location

RIGHT = Verdict(
    "too-large-head", says=(r"9\d{3} bytes", "large_client_header_buffers|cookie"), hop="nginx"
)
REPORT = Report(
    "apache/incubator-pagespeed-ngx#1069",
    "en",
    right=RIGHT,
    never=("auth", "origin-403"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    cookie = "session=" + "x" * (9000 if broken else 900)
    assert lab.talk(front, headers={"Cookie": cookie}) == (400 if broken else 101)
