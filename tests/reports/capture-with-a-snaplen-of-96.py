# SPDX-License-Identifier: GPL-2.0-only
"""tcpdump -s 96 cuts the heads off: what is there is shown, and nothing is judged that was cut."""
import subprocess

import capture
from lab import WSTRACE, Report

REPORT = Report(
    "the-tcpdump-group/tcpdump#136",
    "en",
    never=("hung up", " for  "),
)


def edit(dump):
    capture.write(dump, capture.read(dump), 96)


def check(lab, medium, events, said):
    frames = sum(e["type"] == "frame" for e in events)
    if medium != "dump":
        assert frames == 4, f"{frames} of 4 frames"
        return
    out = lab.dir / "again.pcapng"
    subprocess.run(
        [WSTRACE, "-q", "-r", lab.dir / "dump.pcap", "-s", "full", "-w", out],
        check=True,
        capture_output=True,
    )
    seen = lab.to_end(
        "tshark", "-n", "-r", out, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode"
    )
    opcodes = [x for line in seen.splitlines() for x in line.split(",") if x.isdigit()]
    assert (
        len(opcodes) == frames
    ), f"wstrace shows {frames} frames, and tshark sees {len(opcodes)} in its file"


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    assert lab.talk(port) == 101
