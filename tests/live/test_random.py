# SPDX-License-Identifier: GPL-2.0-only
"""Random frames, cut at random, through every system call: each header once, in order."""
import json
import os
import subprocess

import pytest

from conftest import BUILD, LIMIT, has_ipv6
import wire

RANDSTREAM = BUILD / "tests" / "randstream"
FRAMES = 600 if os.environ.get("WSTRACE_VM_GUEST") else 4000
FIELDS = ("opcode", "fin", "rsv", "masked", "mask", "len", "hdr_len", "offset")


def run_stream(port, seed, *modes, frames=FRAMES):
    if "v6" in modes and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    if not RANDSTREAM.exists():
        pytest.skip(f"{RANDSTREAM} is not built")
    done = subprocess.run([RANDSTREAM, str(port), str(seed), str(frames), *modes],
                          capture_output=True, timeout=4 * LIMIT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def check_stream(run, conn, sent):
    """Compares one connection's events with the frames that were sent."""
    for dir in ("c2s", "s2c"):
        want = [f for f in sent if f["dir"] == dir]
        got = run.frames(conn, dir)
        for n, (g, w) in enumerate(zip(got, want)):
            assert {k: g.get(k) for k in FIELDS} == {k: w.get(k) for k in FIELDS}, \
                f"{dir} frame {n} of {len(want)}"
        assert len(got) == len(want)
        for g in got:
            assert (g["seq"] - got[0]["seq"]) % 2**32 == g["offset"] % 2**32
        head = "request" if dir == "c2s" else "response"
        heads = run.of(head, conn=conn)
        assert len(heads) == 1
        close = run.one("close", conn=conn)
        assert close[dir]["frames"] == len(want)
        assert close[dir]["bytes"] == sum(f["len"] for f in want)
        assert close["gaps"] == 0 and close["unread"] == 0
        assert close[dir]["messages"] == sum(f["fin"] and f["opcode"] < 8 for f in want)


CASES = [(1, "server", ()), (2, "client", ()), (3, "both", ()), (4, "server", ("small",)),
         (5, "client", ("small",)), (6, "server", ("wrap",)), (7, "client", ("wrap", "v6")),
         (8, "both", ("small", "v6")), (9, "server", ("mmsg",)), (10, "client", ("mmsg",))]


@pytest.mark.parametrize("seed,side,modes", CASES,
                         ids=[f"{s}-{side}" + "".join("-" + m for m in ms)
                              for s, side, ms in CASES])
def test_random_stream(wstrace, port, seed, side, modes):
    w = wstrace("-p", port, "--side", side, "--ringbuf", "64")
    sent, _ = run_stream(port, seed, *modes)
    w.wait("close", 2 if side == "both" else 1)
    run = w.stop()
    roles = {"server": ["server"], "client": ["client"], "both": ["client", "server"]}[side]
    assert sorted(e["role"] for e in run.of("open")) == roles
    assert not run.of("resync") and not run.of("lost") and not run.of("opaque")
    for o in run.of("open"):
        check_stream(run, o["conn"], sent)
    if "wrap" in modes:
        seqs = [f["seq"] for f in run.frames(dir="c2s")]
        assert any(a > b for a, b in zip(seqs, seqs[1:])), "the sequence numbers did not wrap"
    assert run.closing[1] == len(sent) * len(roles)


@pytest.mark.quick
def test_random_stream_once(wstrace, port):
    test_random_stream(wstrace, port, 11, "both", ())


def test_every_call_is_made(port):
    _, calls = run_stream(port, 12, "small", "mmsg")
    for part in calls.split(","):
        name, count = part.split()[:2]
        assert name == "bytes" or int(count) > 0, calls


@pytest.mark.parametrize("side", ["server", "client"])
def test_many_frames_in_one_call(wstrace, port, side):
    """20000 frames of two bytes pass in one write and one read."""
    n = 2000 if os.environ.get("WSTRACE_VM_GUEST") else 20000
    w = wstrace("-p", port, "--side", side)
    p = wire.Pair(port).upgrade()
    p.s.sock.setsockopt(wire.socket.SOL_SOCKET, wire.socket.SO_SNDBUF, 1 << 20)
    data = b"\x81\x00\x82\x00" * (n // 2)
    assert p.s.sock.send(data) == len(data)
    wire.recv_exactly(p.c.sock, len(data))
    p.close()
    w.wait("close")
    run = w.stop()
    got = run.frames(dir="s2c")
    assert [f["opcode"] for f in got] == [1, 2] * (n // 2)
    assert [f["offset"] for f in got] == list(range(0, 2 * n, 2))
    assert run.one("close")["s2c"] == {"frames": n, "bytes": 0, "text": n // 2, "binary": n // 2,
                                       "cont": 0, "close": 0, "ping": 0, "pong": 0, "messages": n,
                                       "last": "binary"}
