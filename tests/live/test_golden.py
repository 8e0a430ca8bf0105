# SPDX-License-Identifier: GPL-2.0-only
"""What wstrace makes of five captures, byte for byte, in each of its outputs.

tests/golden/captures.py makes the captures, tests/golden/CAPTURE/OUTPUT is what comes of one; only
the version is taken out. Where an output is to change, WSTRACE_GOLDEN=write writes these files
anew, and `git diff tests/golden` is what to look at before they are committed:

    WSTRACE_GOLDEN=write /usr/bin/python3 -m pytest tests/live/test_golden.py

Files ending in .txt hold standard output and, behind it, standard error.
"""
import difflib
import os
import re
import subprocess

import pytest

from captures import CAPTURES
from conftest import LIMIT, TOP, WSTRACE

GOLDEN = TOP / "tests/golden"

pytestmark = [pytest.mark.unprivileged, pytest.mark.one_kernel]

OUTPUTS = {
    "ndjson": ["-j"],
    "full.ndjson": ["-j", "-H", "-s", "full"],
    "text.txt": [],
    "full.txt": ["-v", "-H", "-s", "full"],
    "quiet.txt": ["-q"],
    "verdict.txt": ["--only", "verdict"],
    "pcapng": ["-w", "written"],
    "full.pcapng": ["-s", "full", "-w", "written"],
    "html": ["--report", "written"],
}


def output(folder, name):
    """What wstrace makes of folder/capture, without the version; the one in a pcapng is as long."""
    args = OUTPUTS[name]
    done = subprocess.run([WSTRACE, *args, "-r", "capture"], cwd=folder, timeout=LIMIT,
                          capture_output=True, env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr.decode()
    got = (folder / "written").read_bytes() if "written" in args else done.stdout
    if name.endswith(".txt"):
        got += done.stderr
    return re.sub(rb'(wstrace |"version":")(\d+\.\d+\.\d+)',
                  lambda m: m[1] + re.sub(rb"\d", b"0", m[2]), got)


def lines(name, data):
    """For people, and for a diff of theirs."""
    if name.endswith("pcapng"):
        return [f"{i:06x} {data[i:i + 16].hex(' ')}" for i in range(0, len(data), 16)]
    return data.decode().splitlines()


@pytest.mark.parametrize("capture", CAPTURES)
@pytest.mark.parametrize("name", OUTPUTS)
def test_golden(tmp_path, capture, name):
    (tmp_path / "capture").write_bytes(CAPTURES[capture]())
    got, golden = output(tmp_path, name), GOLDEN / capture / name
    if os.environ.get("WSTRACE_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(got)
    want = golden.read_bytes()
    assert got == want, "\n".join(difflib.unified_diff(lines(name, want), lines(name, got),
                                                       "golden", "got", n=1, lineterm=""))
