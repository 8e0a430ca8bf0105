# SPDX-License-Identifier: GPL-2.0-only
"""-r: where in the files something is, and of which day."""
import os
import struct
import subprocess
import time

import pytest

from captures import MASK, SERVER, START, Capture, Tcp, accepted, frame, request
from conftest import LIMIT, WSTRACE, of
from read_file import pcap, read, read_bytes

pytestmark = pytest.mark.unprivileged


def text(path, *args, **env):
    run = subprocess.run([WSTRACE, *args, "-r", path], capture_output=True, timeout=LIMIT, check=True,
                         env=dict(os.environ, TZ="UTC", **env))
    return run.stdout.decode()


def opened(capture, seconds=0, **ends):
    tcp = Tcp(capture, **ends)
    tcp.opens(seconds)
    tcp.client(seconds + 0.01, request())
    tcp.server(seconds + 0.02, accepted())
    return tcp


def split_frames():
    """Packets 4 and 5 are the handshake; a frame's first byte is in 6, another's in 9, behind 10."""
    capture = Capture()
    tcp = opened(capture)
    hello = frame(0x81, b"hello", MASK)
    tcp.client(0.03, hello[:1])
    tcp.client(0.04, hello[1:] + frame(0x89, b"", MASK) + frame(0x82, b"z" * 300, MASK)[:100])
    tcp.client(0.05, frame(0x82, b"z" * 300, MASK)[100:])
    first = tcp.seq[SERVER]
    tcp.seq[SERVER] += 7
    tcp.server(0.06, frame(0x81, b"second"))
    tcp.segment(0.07, SERVER, 0x18, frame(0x81, b"first"), seq=first)
    return sorted(capture.packets)


def test_packets_are_numbered_as_wireshark_does(tmp_path):
    got = read(tmp_path, split_frames())
    assert of(got, "request")[0]["packet"] == 4 and of(got, "response")[0]["packet"] == 5
    assert [(f["op"], f["packet"]) for f in of(got, "frame", dir="c2s")] == [
        ("text", 6), ("ping", 7), ("binary", 7)]
    assert [(f["len"], f["packet"]) for f in of(got, "frame", dir="s2c")] == [(5, 10), (6, 9)]
    assert not any("file" in e for e in got)
    lines = text(tmp_path / "f.pcap", "-v").splitlines()
    assert [line.split(" packet ")[1].split()[0] for line in lines if " packet " in line] == [
        "4", "5", "6", "7", "7", "10", "9"]
    assert " packet " not in text(tmp_path / "f.pcap")


def test_packets_that_are_no_tcp_count(tmp_path):
    packets = split_frames()
    packets.insert(0, (packets[0][0], bytes(60)))
    assert of(read(tmp_path, packets), "request")[0]["packet"] == 5


def test_packet_is_that_where_a_frame_found_midway_begins(tmp_path):
    capture = Capture()
    tcp = Tcp(capture)
    for i in range(9):
        tcp.client(i / 10, frame(0x81, b"%d" % i * 20, MASK))
    got = read(tmp_path, capture.packets)
    assert [f["packet"] for f in of(got, "frame")] == list(range(1, 10))


def test_file_is_named_where_there_are_several(tmp_path):
    a, b = tmp_path / "a.pcap", tmp_path / "b.pcap"
    a.write_bytes(pcap(split_frames()))
    capture = Capture()
    opened(capture, client=("192.0.2.1", 5001))
    got = read_bytes(b, pcap(capture.packets), str(a))
    assert {(e["conn"], e["file"]) for e in of(got, "request")} == {(1, str(b)), (2, str(a))} or \
        {(e["conn"], e["file"]) for e in of(got, "request")} == {(1, str(a)), (2, str(b))}
    said = text(b, "-v", str(a))
    assert "packet 4 of a.pcap" in said and "packet 4 of b.pcap" in said


def vxlan(packet, client):
    src, dst = (b"\xc6\x33\x64\x01", b"\xc6\x33\x64\x02")[::1 if client else -1]
    n = len(packet)
    return (packet[:12] + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 36 + n, 0, 0, 64, 17, 0)
            + src + dst + struct.pack(">HHHH", 4000, 4789, 16 + n, 0)
            + b"\x08\0\0\0\0\0\x05\0" + packet)


def test_tunnel_is_shown(tmp_path):
    packets = [(t, vxlan(p, p[26:30] == b"\xc0\x00\x02\x01")) for t, p in split_frames()]
    outer = ["198.51.100.1", "198.51.100.2"]
    got = read(tmp_path, packets)
    assert len(of(got, "frame")) == 5
    for kind in ("open", "request", "response", "frame"):
        assert all(e["outer"] == outer for e in of(got, kind))
    assert read(tmp_path, packets[4:])[1]["outer"] == outer  # begins with the answer
    assert "in a tunnel of 198.51.100.1 and 198.51.100.2" in text(tmp_path / "f.pcap", "-v")
    assert "198.51.100" not in text(tmp_path / "f.pcap")
    assert not any("outer" in e for e in read(tmp_path, split_frames()))


def days(*seconds):
    capture = Capture()
    tcp = opened(capture, seconds[0])
    for at in seconds[1:]:
        tcp.client(at, frame(0x81, b"hello", MASK))
    return capture.packets


def dates(lines):
    return [line for line in lines.splitlines() if line.startswith("-- ")]


def test_date_is_said_where_it_changes(tmp_path):
    path = tmp_path / "f.pcap"
    path.write_bytes(pcap(days(0, 10, 86400 * 2, 86400 * 2 + 5)))
    said = text(path)
    assert dates(said) == ["-- 2026-01-02 --", "-- 2026-01-04 --"]
    assert said.index("-- 2026-01-04") < said.rindex(" text ") - 100
    path.write_bytes(pcap(days(75000, 75500)))  # 23:53:05 and 00:01:25
    assert dates(text(path)) == ["-- 2026-01-02 --", "-- 2026-01-03 --"]
    assert dates(text(path, "-q")) == ["-- 2026-01-02 --"]
    assert not dates("\n".join(map(str, read_bytes(path, path.read_bytes()))))


def test_date_is_that_of_the_time_zone(tmp_path):
    path = tmp_path / "f.pcap"
    path.write_bytes(pcap(days(75000, 75500)))
    run = subprocess.run([WSTRACE, "-r", path], capture_output=True, check=True,
                         env=dict(os.environ, TZ="XXX-1"))
    assert dates(run.stdout.decode()) == ["-- 2026-01-03 --"]


def test_today_has_no_date(tmp_path):
    path = tmp_path / "f.pcap"
    for _ in range(2):  # once more if midnight has passed meanwhile
        begun = time.gmtime().tm_yday
        path.write_bytes(pcap(days(time.time() - START / 1e6)))
        said = text(path)
        if begun == time.gmtime().tm_yday:
            break
    assert "101" in said and not dates(said)


def test_time_may_go_backwards(tmp_path):
    packets = [(t - (i % 3) * 40_000_000, p) for i, (t, p) in enumerate(split_frames())]
    got = read(tmp_path, packets)
    assert got.status == 0 and len(of(got, "frame")) == 5
    assert all(e[k] < 10**9 for e in got for k in e if k.endswith("_us"))
