# SPDX-License-Identifier: GPL-2.0-only
"""Captures of tests/golden/captures.py for the tests of -r."""
import json
import struct
import subprocess

from conftest import LIMIT, WSTRACE, of


class Events(list):
    stderr, status = "", 0


def pcap(packets, snaplen=None):
    """packets: (us, bytes) or (us, bytes, length on the wire)."""
    out = [struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, snaplen or 262144, 1)]
    for at, p, *n in packets:
        out.append(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(p[:snaplen]),
                               n[0] if n else len(p)) + p[:snaplen])
    return b"".join(out)


def read_bytes(path, content, *args):
    """The events of a file with this content."""
    path.write_bytes(content)
    run = subprocess.run([WSTRACE, "-j", "-r", str(path), *args], capture_output=True, timeout=LIMIT)
    got = Events(json.loads(line) for line in run.stdout.decode().splitlines())
    got.stderr, got.status = run.stderr.decode(), run.returncode
    return got


def read(tmp_path, packets, *args, snaplen=None):
    return read_bytes(tmp_path / "f.pcap", pcap(packets, snaplen), *args)


def rules(tmp_path, packets, snaplen=None):
    """The rules of the verdicts."""
    got = read(tmp_path, packets, snaplen=snaplen)
    assert got.status == 0, got.stderr
    return sorted(v["rule"] for v in of(got, "verdict"))
