# SPDX-License-Identifier: GPL-2.0-only
"""nginx's upstream is localhost: ::1 refuses, 127.0.0.1 takes it; all is well."""
from lab import UPGRADE, Report

REPORT = Report(
    "nginx: proxy_pass http://localhost, connect() failed (111) to [::1], an ordinary set-up",
    "en",
    right=None,
)


def run(lab, broken):
    back = lab.ws()
    front = lab.nginx(f"location / {{ proxy_pass http://localhost:{back}; {UPGRADE} }}")
    lab.watch()
    for _ in range(3):
        assert lab.talk(front) == 101
