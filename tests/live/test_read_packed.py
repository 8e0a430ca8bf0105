# SPDX-License-Identifier: GPL-2.0-only
"""-r of captures packed by gzip, whole and damaged."""
import gzip
import io
import json
import lzma
import subprocess

import pytest

from captures import CAPTURES
from conftest import LIMIT, WSTRACE, of
from read_file import read_bytes

pytestmark = pytest.mark.unprivileged
PLAIN = CAPTURES["chain"]()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "f.pcap.gz"


@pytest.mark.parametrize("packed", (
    gzip.compress(PLAIN), gzip.compress(PLAIN) + bytes(500),
    gzip.compress(PLAIN[:500]) + gzip.compress(b"") + gzip.compress(PLAIN[500:])),
    ids=("whole", "padded", "members"))
def test_gzip_is_read(path, packed):
    want, got = read_bytes(path, PLAIN), read_bytes(path, packed)
    assert got[1:] == want[1:] and of(got, "frame") and got.status == 0
    with open(path, "rb") as f:
        run = subprocess.run([WSTRACE, "-j", "-r", "-"], stdin=f, capture_output=True, timeout=LIMIT)
    assert [json.loads(line) for line in run.stdout.splitlines()][1:] == want[1:]


def test_pcapng_in_gzip_is_read(path, tmp_path):
    path.write_bytes(PLAIN)
    own = tmp_path / "own.pcapng"
    subprocess.run([WSTRACE, "-r", path, "-w", own], check=True, capture_output=True)
    want, got = read_bytes(path, own.read_bytes()), read_bytes(path, gzip.compress(own.read_bytes()))
    assert got[1:] == want[1:] and of(got, "frame")


@pytest.mark.parametrize("cut", (1, 8, 30))
def test_gzip_that_ends_too_soon_is_read_as_far_as_it_goes(path, cut):
    got = read_bytes(path, gzip.compress(PLAIN)[:-cut])
    assert got.status == 1 and of(got, "frame")
    assert f"wstrace: cannot read {path} to its end: its gzip data end too soon; " in got.stderr


def test_damage_is_told(path):
    packed = bytearray(gzip.compress(PLAIN))
    packed[-8] ^= 1  # checksum
    got = read_bytes(path, bytes(packed))
    assert got.status == 1 and of(got, "frame")
    assert "to its end: its gzip data are damaged; " in got.stderr
    got = read_bytes(path, bytes(packed[:5]))
    assert got.status == 1 and f"cannot read {path}: its gzip data end too soon" in got.stderr


def test_what_is_packed_twice_is_named(path):
    got = read_bytes(path, gzip.compress(gzip.compress(PLAIN)))
    assert got.status == 1 and "compressed by gzip: zcat FILE | wstrace -r -" in got.stderr
    got = read_bytes(path, gzip.compress(lzma.compress(PLAIN)))
    assert got.status == 1 and "compressed by xz: xzcat FILE | wstrace -r -" in got.stderr


def test_bomb_takes_no_memory(path):
    """100 MB of packets without bytes, in 100 kB, with 60 MB of memory to map."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as f:
        f.write(PLAIN)
        for _ in range(100):
            f.write(bytes(1 << 20))
    path.write_bytes(packed.getvalue())
    run = subprocess.run(["prlimit", "--data=60000000", WSTRACE, "-j", "-r", path],
                         capture_output=True, timeout=LIMIT)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(b'"type":"frame"') == len(of(read_bytes(path, PLAIN), "frame"))
