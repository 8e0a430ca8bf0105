# SPDX-License-Identifier: GPL-2.0-only
"""Every way to send and receive that tests/io/iomatrix knows, seen from both ends of its connections.

EXPECTED is the table that doc/io.md shows: what each backend makes of each shape. Whatever it says,
no frame may be shown that was not sent, nor at another place than it was; frames may be missing
only where a resync event says how many bytes are.
"""
import collections
import json
import os
import subprocess

import pytest

from conftest import BUILD, LIMIT, TOP, Wstrace, end_process, is_free, share, wait_until

IOMATRIX = BUILD / "tests" / "iomatrix"
GUEST = os.environ.get("WSTRACE_VM_GUEST")

# Where the kernel does not show the bytes to a backend, and which end it hides them from.
ALL, RESYNC, OPAQUE = "all", "resync", "opaque"
Row = collections.namedtuple("Row", "fentry kprobe tracepoint blind", defaults=[None])
PLAIN = Row(ALL, ALL, ALL)
HIDDEN_SEND = Row(RESYNC, RESYNC, RESYNC, "send")
HIDDEN_RECV = Row(RESYNC, RESYNC, RESYNC, "recv")
NO_CALL_SEND = Row(ALL, ALL, RESYNC, "send")  # no system call names the buffer
NO_CALL_RECV = Row(ALL, ALL, RESYNC, "recv")
NO_LOCK = Row(ALL, ALL, RESYNC, "send")  # the tracepoint comes when the socket is unlocked again
EXPECTED = {
    "sendfile-across": HIDDEN_SEND, "splice-across": HIDDEN_SEND, "sendfile-whole": HIDDEN_SEND,
    "across-zeros": HIDDEN_SEND, "across-ones": HIDDEN_SEND,
    "trunc-across": HIDDEN_RECV, "splice-recv-across": HIDDEN_RECV,
    "uring-send": NO_CALL_SEND, "uring-sendmsg": NO_CALL_SEND, "uring-write": NO_CALL_SEND,
    "uring-send-zc": NO_CALL_SEND, "uring-send-worker": NO_CALL_SEND,
    "uring-send-sqpoll": NO_CALL_SEND,
    "uring-recv": NO_CALL_RECV, "uring-recvmsg": NO_CALL_RECV, "uring-read": NO_CALL_RECV,
    "uring-recv-worker": NO_CALL_RECV, "uring-recv-sqpoll": NO_CALL_RECV,
    "uring-recv-late": NO_CALL_RECV,
    "call32": Row(ALL, ALL, RESYNC, "both"),
    "threads-race": NO_LOCK,
    "read-600k-frames": Row(RESYNC, RESYNC, RESYNC, "both"),
    "ktls": Row(OPAQUE, OPAQUE, OPAQUE), "sockmap": Row(OPAQUE, OPAQUE, OPAQUE),
    "mptcp": Row(OPAQUE, OPAQUE, OPAQUE),
}
# close() first takes the socket out of the sockmap; then nothing shows that it was in one.
REASONS = {"ktls": ["ktls"], "sockmap": ["sockmap", "unseen"], "mptcp": ["mptcp"]}
# Too many frames to compare one by one. Of one call 524290 are shown; the rest is a gap.
COUNTED = ("write-32k-frames", "read-32k-frames", "read-500k-frames", "read-600k-frames")
SLOW = ("1g", "5g-sendfile")  # minutes in a guest
PORTS = iter(share(range(9700, 9999)))
FRAME = ("opcode", "fin", "rsv", "masked", "mask", "len", "hdr_len", "offset")


def shapes():
    if not IOMATRIX.exists():
        return []
    return subprocess.run([IOMATRIX, "--list"], capture_output=True, text=True).stdout.split()


def start(*args):
    port = next(p for p in PORTS if is_free(p))
    w = Wstrace(["-p", port, "--side", "both", *args])
    try:
        w.ready()
    except BaseException:
        end_process(w.proc)
        raise
    w.port = port
    w.backend = w.wait("start")[0]["backend"]
    return w


@pytest.fixture(scope="module")
def tracer():
    w = start()
    yield w
    end_process(w.proc)


@pytest.fixture(scope="module")
def counter():
    w = start("--only", "open,close")
    yield w
    end_process(w.proc)


def expand(f, shape):
    size = f.get("len", 0) + f.get("hdr_len", 0)
    if "repeat" not in f or shape in COUNTED:
        return [f]
    return [{**f, "offset": f["offset"] + i * size} for i in range(f["repeat"])]


def drive(w, shape):
    """Runs iomatrix. Returns the frames that were sent, and the events of each end."""
    before = len(w.events())
    done = subprocess.run([IOMATRIX, "-p", str(w.port), shape], capture_output=True, text=True,
                          timeout=4 * LIMIT)
    sent = [f for line in done.stdout.splitlines() for f in expand(json.loads(line), shape)]
    if done.returncode == 77:
        pytest.skip(sent[-1]["skip"])
    assert done.returncode == 0, done.stderr
    n = 2 * len({f["conn"] for f in sent})
    cports = {f["cport"] for f in sent}

    def closed():
        events = w.events()[before:]
        ours = {e["conn"] for e in events if e["type"] == "open"
                and any(end_of(e, cport) for cport in cports)}
        closes = sum(e["type"] == "close" and e["conn"] in ours for e in events)
        return closes >= n and [e for e in events if e.get("conn") in ours]

    events = wait_until(closed, f"{n} closes")
    ends = collections.defaultdict(list)
    for e in events:
        if "conn" in e:
            ends[e["conn"]].append(e)
    return sent, list(ends.values())


def end_of(event, cport):
    """Returns the end of the connection that an open event is about; None: another connection."""
    assert event["type"] == "open"
    port = {k: int(event[k].rsplit(":", 1)[1]) for k in ("local", "remote")}
    if cport not in port.values():
        return None
    assert event["role"] == ("client" if port["local"] == cport else "server")
    return event["role"]


def check_direction(sent, events, whole, what):
    """events: frame and resync of one direction. Returns the position of offset 0."""
    at = {f["offset"]: f for f in sent}
    base, expected, skipped = None, 0, 0
    for e in events:
        if e["type"] == "resync":
            assert not whole, f"{what}: {e} after offset {expected}"
            skipped += e["skipped"]
            continue
        f = at.get(e["offset"])
        assert f, f"{what}: no frame starts at {e['offset']}, expected {expected}: {e}"
        if what.startswith("threads-race") and not whole and e.get("mask") != f.get("mask"):
            # doc/io.md: without a lock a frame can be shown at the place of one as long as it is
            f = {**f, "mask": next(x["mask"] for x in sent if x.get("mask") == e["mask"])}
        assert {k: e.get(k) for k in FRAME} == {k: f.get(k) for k in FRAME}, what
        assert e["offset"] == expected + skipped, f"{what}: {skipped} skipped at {expected}, {e}"
        assert base in (None, (e["seq"] - e["offset"]) % 2**32), f"{what}: {e}"
        base = (e["seq"] - e["offset"]) % 2**32
        expected, skipped = e["offset"] + e["hdr_len"] + e["len"], 0
    last = sent[-1]
    assert expected == last["offset"] + last["hdr_len"] + last["len"], f"{what}: the end is missing"
    if last["opcode"] == 8 and events[-1]["type"] == "frame":
        assert events[-1].get("code") == 1000, f"{what}: close code"
    return base


def check_end(sent, events, role, blind, whole, what):
    bases = {}
    for dir in ("c2s", "s2c"):
        frames = [f for f in sent if f["dir"] == dir]
        if not frames:
            continue
        sends = (role == "client") == (dir == "c2s")
        sees = whole or not (blind == "both" or blind == ("send" if sends else "recv"))
        got = [e for e in events if e["type"] in ("frame", "resync") and e["dir"] == dir]
        bases[dir] = check_direction(frames, got, sees, f"{what} {role} {dir}")
    heads = [e["type"] for e in events if e["type"] in ("request", "response", "opaque")]
    assert heads == ["request", "response"], what
    return bases


@pytest.mark.parametrize("shape", shapes() or [pytest.param("none", marks=pytest.mark.skip(
    reason=f"{IOMATRIX} is not built: make test-programs"))])
def test_shape(shape, request):
    if GUEST and shape in SLOW and not os.environ.get("WSTRACE_SLOW"):
        pytest.skip("takes minutes in a guest: WSTRACE_SLOW=1")
    if shape == "sockmap" and os.uname().release.startswith("5.10."):
        pytest.skip("a send in this sockmap hangs Linux 5.10 for good, wstrace or not")
    w = request.getfixturevalue("counter" if shape in COUNTED else "tracer")
    check_shape(shape, w.backend, *drive(w, shape))


def check_shape(shape, backend, sent, ends):
    row = EXPECTED.get(shape, PLAIN)
    expected = getattr(row, backend)
    conns = collections.defaultdict(list)
    for f in sent:
        conns[f["conn"], f["cport"]].append(f)
    for (number, cport), frames in conns.items():
        mine = [e for e in ends if end_of(e[0], cport)]
        if len({c for _, c in conns}) < len(conns):  # the same port each time
            mine = mine[2 * number:2 * number + 2]
        assert sorted(e[0]["role"] for e in mine) == ["client", "server"]
        bases = []
        for events in mine:
            role, close = events[0]["role"], events[-1]
            what = f"{shape} #{number}"
            assert close["type"] == "close" and close["lost"] == 0, close
            if expected == OPAQUE:
                why = [e["why"] for e in events if e["type"] == "opaque"]
                assert len(why) == 1 and why[0] in REASONS[shape], why
                assert not [e for e in events if e["type"] in ("frame", "resync")]
                continue
            if shape in COUNTED:
                check_counts(frames, close, expected == ALL)
                continue
            bases.append(check_end(frames, events, role, row.blind, expected == ALL, what))
        assert len(bases) < 2 or bases[0] == bases[1], "the ends disagree on where frames lie"


def check_counts(sent, close, whole):
    for dir in ("c2s", "s2c"):
        want = [f for f in sent if f["dir"] == dir]
        frames = sum(f.get("repeat", 1) for f in want)
        if whole:
            assert close[dir]["frames"] == frames, close
            assert close[dir]["bytes"] == sum(f["len"] * f.get("repeat", 1) for f in want), close
        elif dir == "s2c":
            assert 524290 <= close[dir]["frames"] < frames, close
            assert abs(close["gaps"] - 2 * (600000 - 524290)) <= 4, close
    assert not whole or close["gaps"] == 0


@pytest.mark.unprivileged
def test_documentation():
    """doc/io.md has the same table."""
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]]
            for line in (TOP / "doc" / "io.md").read_text().splitlines()
            if line.startswith("| `")]
    assert [row[0] for row in rows] == shapes()
    for name, _, *cells in rows:
        assert cells == list(EXPECTED.get(name, PLAIN)[:3]), name
