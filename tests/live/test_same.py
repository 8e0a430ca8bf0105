# SPDX-License-Identifier: GPL-2.0-only
"""The same scenario gives the same NDJSON on every kernel and with every backend.

Each run compares itself with one file, tests/golden/scenario.ndjson; what may differ (times, pids,
ports and what follows from them) is taken out first. WSTRACE_GOLDEN=write writes the file anew.
"""
import json
import os

import pytest

from conftest import TOP
from wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, Pair, close_payload, frame, recv_exactly

GOLDEN = TOP / "tests/golden/scenario.ndjson"

# Fields with times, processes or port numbers; seq becomes a distance, below.
VARY = {"ts", "kernel", "backend", "host", "ports", "version", "local", "remote", "pid", "comm",
        "cgroup", "netns", "latency_us", "rtt_us", "duration_us", "idle_us", "retrans"}


def plain(events):
    """Returns the events without the fields that may differ."""
    first, lines = {}, []
    for e in events:
        e = dict(e)
        if "seq" in e:
            way = (e["conn"], e.get("dir") or ("c2s" if e["type"] == "request" else "s2c"))
            e["seq"] = (e["seq"] - first.setdefault(way, e["seq"])) % 2**32
        if e["type"] == "verdict":
            del e["text"], e["evidence"]  # these texts contain port numbers
        for row in e.get("verdicts", ()):
            del row["port"]
        lines.append(json.dumps({k: v for k, v in e.items() if k not in VARY}))
    return lines


def scenario(port):
    """Heads in pieces, keep-alive, a refused upgrade, every length form, both ways to end."""
    p = Pair(port)
    p.request(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
    p.response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    p.s.sock.sendall(b"plain")
    recv_exactly(p.c.sock, 5)
    p.request(b"GET /no HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
    p.response(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")
    p.upgrade("/chat?token=1")
    for n in (0, 1, 125, 126, 65535, 65536, 300000):
        for way in (p.c2s, p.s2c):
            way(BINARY if n % 2 else TEXT, b"x" * n, **({"mask": b"abcd"} if way == p.c2s else {}))
    # three fragments with a ping between them, in one call
    burst = (frame(TEXT, b"one", fin=False, mask=b"efgh") + frame(PING, b"?", mask=b"ijkl")
             + frame(CONT, b"two", fin=False, mask=b"mnop") + frame(CONT, b"!", mask=b"qrst"))
    p.c.sock.sendall(burst)
    recv_exactly(p.s.sock, len(burst))
    p.s2c(PONG, b"?")
    header = frame(BINARY, b"y" * 200, mask=b"uvwx")
    for i in range(len(header)):
        p.c.sock.sendall(header[i:i + 1])
        recv_exactly(p.s.sock, 1)
    p.c2s(CLOSE, close_payload(1000, "done"), mask=b"yzAB")
    p.s2c(CLOSE, close_payload(1000, "done"))
    p.close()
    q = Pair(port)
    q.c.sock.sendall(b"\x16\x03\x01\x00\x05hello")
    recv_exactly(q.s.sock, 10)
    q.close()


@pytest.mark.quick
def test_same_on_every_kernel_and_backend(wstrace, port):
    w = wstrace("-p", port, "-s", 8)
    scenario(port)
    w.wait("close", 2)
    lines = plain(w.stop().events)
    if os.environ.get("WSTRACE_GOLDEN") == "write":
        GOLDEN.write_text("\n".join(lines) + "\n")
    assert lines == GOLDEN.read_text().splitlines()
