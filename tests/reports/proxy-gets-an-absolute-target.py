# SPDX-License-Identifier: GPL-2.0-only
"""A client asks its proxy for http://host/path; the proxy asks the server for /path."""
from lab import Report, location

REPORT = Report("curl/curl#21663", "en", never=("path-rewritten", "bad-request-line"))


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    assert lab.talk(front, f"http://localhost:{front}/ws") == 101
