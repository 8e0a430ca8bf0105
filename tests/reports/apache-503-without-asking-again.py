# SPDX-License-Identifier: GPL-2.0-only
"""After one refused connect Apache answers 503 for a minute without trying its backend at all."""
from lab import Report, Verdict

REPORT = Report(
    "serverfault: mod_proxy 503 for 60 seconds after backend restart, retry=60",
    "en",
    # The backend's port refused Apache's connect; the later 503s come since Apache has it as
    # failed.
    right=Verdict("upstream-down", says=(r"refused|listen",)),
    never=("origin-403", "auth", "app-error", "not-found", "proxy-rejected-101", "idle-timeout"),
)


def run(lab, broken):
    back = lab.ws()
    front = lab.apache(back)
    if broken:
        lab.kill(back)
    lab.watch()
    got = [lab.talk(front) for _ in range(2)]
    assert got == [503, 503] if broken else [101, 101], got
