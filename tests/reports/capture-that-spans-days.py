# SPDX-License-Identifier: GPL-2.0-only
"""-r of a capture of three days: the text has dates, not times of day alone."""
import subprocess

import capture
from lab import WSTRACE, Report

REPORT = Report(
    "mozillazg/ptcpdump#262",
    "en",
    never=("idle-timeout", "half-open"),
)
DAYS = 3 * 86400 * 10**9


def edit(dump):
    packets = capture.read(dump)
    late = [
        [ns - 100 * DAYS + DAYS * (i > len(packets) // 2), frame]
        for i, (ns, frame) in enumerate(packets)
    ]
    capture.write(dump, late)


def check(lab, medium, events, said):
    if medium == "dump":
        days = {e["ts"][:10] for e in events if e["type"] in ("open", "close")}
        text = subprocess.run(
            [WSTRACE, "-r", lab.dir / "dump.pcap"],
            capture_output=True,
            text=True,
            env={"TZ": "UTC"},
            check=True,
        ).stdout
        assert len(days) == 2 and all(
            day in text for day in days
        ), f"of {days} there is not each in the text"


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    assert lab.talk(port) == 101
