# SPDX-License-Identifier: GPL-2.0-only
"""20 KB of headers, larger than most servers take; this one takes them, and all goes well."""
from lab import Report

REPORT = Report(
    "jupyterhub/configurable-http-proxy#207",
    "en",
    never=("too-large-head",),
)


def check(lab, medium, events, said):
    frames = sum(e["type"] == "frame" for e in events)
    assert frames == 4, f"{frames} of 4 frames"


def run(lab, broken):
    port = lab.serve(lambda peer: peer.accept().echo())
    lab.watch()
    assert lab.talk(port, headers=[(f"X-Token-{i}", "t" * 4000) for i in range(5)]) == 101
