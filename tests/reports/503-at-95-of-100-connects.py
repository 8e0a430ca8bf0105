# SPDX-License-Identifier: GPL-2.0-only
"""Of a hundred connects 95 get 503."""
from lab import UPGRADE, Report, Verdict, location

REPORT = Report(
    "binary-com/websockets#35", "en",
    # Each address may connect once a second. nginx refuses by itself, and asks nobody.
    right=Verdict("refused", says=("503", "limit"), hop="nginx"),
    never=("upstream-down", "upstream-mute", "auth", "backend-restart"),
)


def run(lab, broken):
    rate = "1r/s" if broken else "1000r/s"
    front = lab.nginx(location(lab.ws(), more=UPGRADE + " limit_req zone=perip%s;" % (
        "" if broken else " burst=100 nodelay")),
        http=f"limit_req_zone $binary_remote_addr zone=perip:1m rate={rate};")
    lab.watch()
    got = [lab.talk(front, "/websockets/v3") for _ in range(8)]
    assert got == [101] + [503 if broken else 101] * 7
