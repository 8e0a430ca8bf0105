# SPDX-License-Identifier: GPL-2.0-only
"""A router's tcpdump has each packet twice, 2 ms apart: nothing was sent again."""
import capture
from lab import Report

REPORT = Report("ucsb-seclab/CVEX#6", "en", never=("loss-stall", "sent again"))


def edit(dump):
    packets = capture.read(dump)
    again = [[ns + 2_000_000, capture.routed(frame)] for ns, frame in packets]
    capture.write(dump, sorted(packets + again))


def check(lab, medium, events, said):
    frames = sum(e["type"] == "frame" for e in events)
    assert frames == 82, f"{frames} of 82 frames"


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    assert lab.talk(port, texts=["x" * 500] * 40) == 101
