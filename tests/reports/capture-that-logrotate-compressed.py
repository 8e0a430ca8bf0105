# SPDX-License-Identifier: GPL-2.0-only
"""-r of a capture that is gzipped: it is read, or told how to read it."""
import gzip

from lab import Note, Report

REPORT = Report("mbehr1/vsc-webshark#42", "en", dump=Note(("zcat|^(?!.*cannot)",)))


def edit(dump):
    dump.write_bytes(gzip.compress(dump.read_bytes()))


def check(lab, medium, events, said):
    frames = sum(e["type"] == "frame" for e in events)
    assert frames == 4 or "zcat" in said, f"{frames} of 4 frames"


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    assert lab.talk(port) == 101
