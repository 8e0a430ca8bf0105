# SPDX-License-Identifier: GPL-2.0-only
"""Connections that were open before wstrace: found, joined at the right place, never guessed."""
import os
import pathlib
import random
import socket
import subprocess

import pytest

from conftest import BUILD, wait_until
from wire import BINARY, CONT, PING, TEXT, frame, recv_head, request_head, response_head

MANY = 60 if os.environ.get("WSTRACE_VM_GUEST") else 400


def pairs(port, n):
    """Returns n connections as (client's end, server's end)."""
    with socket.create_server(("127.0.0.1", port), backlog=n) as listener:
        found = []
        for _ in range(n):
            client = socket.create_connection(("127.0.0.1", port))
            found.append((client, listener.accept()[0]))
            for sock in found[-1]:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def close_all(connections):
    for a, b in connections:
        a.close()
        b.close()


def move(sender, receiver, data, rng=None):
    """Sends data in one call or in random pieces, and reads all of it."""
    cuts = sorted(rng.sample(range(1, len(data)), min(4, len(data) - 1))) if rng else []
    for start, end in zip([0] + cuts, cuts + [len(data)]):
        sender.sendall(data[start:end])
    left = len(data)
    while left:
        left -= len(receiver.recv(min(left, 1 << 20)))


def random_frame(rng, masked):
    n = rng.choice((0, 1, 5, 60, 125, 126, 400, 3000))
    opcode = rng.choice((TEXT, BINARY, BINARY, PING))
    if opcode == PING:
        n = min(n, 125)
    rsv = 4 if opcode != PING and rng.random() < 0.3 else 0  # permessage-deflate's RSV1
    mask = rng.randbytes(4) if masked else None
    return frame(opcode, rng.randbytes(n), rsv=rsv, mask=mask), n, mask


def test_open_connections_are_shown_at_once_with_their_process(free_port, wstrace):
    port = free_port()
    connections = pairs(port, 20)
    try:
        w = wstrace("-p", port)
        opened = w.wait("open", 20)
        assert all(e["midstream"] and e["pid"] == os.getpid() and e["role"] == "server"
                   for e in opened)
        peers = {f"127.0.0.1:{a.getsockname()[1]}" for a, _ in connections}
        assert {e["remote"] for e in opened} == peers
    finally:
        close_all(connections)
    assert len(w.stop().of("close")) == 20


def ends_open(port):
    """Returns the ends, on this host, of established connections to this port."""
    at = f":{port:04X}"
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[3] == "01" and (row[1].endswith(at) or row[2].endswith(at)) for row in rows)


def test_busy_connections_are_shown_at_one_end(wstrace, spawn):
    """Bytes pass after the scan has seen one end, and before it sees the other, which hides the first."""
    wsload = BUILD / "wsload"
    if not wsload.exists():
        pytest.skip("build/wsload is not built: make tools")
    server = spawn(wsload, "server", stdout=subprocess.PIPE)
    port = int(server.stdout.readline().split()[1])
    spawn(wsload, "client", "--port", str(port), "--conns", str(MANY), "--count", "1000000", "--rate",
          "4000")
    wait_until(lambda: ends_open(port) == 2 * MANY, "all connections")
    for _ in range(4):
        w = wstrace("-p", port)
        w.wait("frame", 2 * MANY)
        opened = w.stop().of("open")
        assert len(opened) == MANY
        assert all(e["role"] == "server" and e["midstream"] for e in opened)


@pytest.mark.quick
@pytest.mark.parametrize("masked", (True, False), ids=("c2s", "s2c"))
def test_joined_at_any_point_at_most_two_frames_are_missed(free_port, wstrace, masked):
    """Each connection is joined while a message of up to 10 MiB is under way."""
    rng = random.Random(20 + masked)
    port = free_port()
    connections = pairs(port, MANY)
    try:
        w = wstrace("-p", port)
        w.wait("open", MANY)
        sent = {}
        for client, server in connections:
            sender, receiver = (client, server) if masked else (server, client)
            # the rest of a frame whose header passed before
            move(sender, receiver, rng.randbytes(rng.choice((1, 7, 200, 5000, 70000))), rng)
            frames = []
            for _ in range(6):
                data, n, mask = random_frame(rng, masked)
                move(sender, receiver, data)
                frames.append((n, mask and mask.hex()))
            sent[f"127.0.0.1:{client.getsockname()[1]}"] = frames
    finally:
        close_all(connections)
    run = w.stop()
    for opened in run.of("open"):
        frames = sent[opened["remote"]]
        got = [(e["len"], e.get("mask")) for e in run.frames(opened["conn"])]
        assert got == frames[len(frames) - len(got):], "a frame that was never sent"
        assert len(got) >= len(frames) - 2
        if got:
            assert [e["why"] for e in run.of("resync", conn=opened["conn"])] == ["midstream"]


@pytest.mark.parametrize("kind", ("random", "http", "text"))
def test_other_protocols_yield_no_frame(free_port, wstrace, kind):
    rng = random.Random(kind)
    port = free_port()
    connections = pairs(port, MANY)

    def junk():
        if kind == "random":
            return rng.randbytes(rng.choice((1, 2, 6, 8, 50, 131, 1000, 9000)))
        if kind == "text":
            return ("".join(rng.choice("abc {}:,\"0123\n") for _ in range(rng.randrange(1, 300)))
                    ).encode()
        body = rng.randbytes(rng.randrange(0, 2000))
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    try:
        w = wstrace("-p", port)
        w.wait("open", MANY)
        for client, server in connections:
            for _ in range(12):
                if kind == "http":
                    move(client, server, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                    move(server, client, junk())
                else:
                    move(client, server, junk(), rng)
                    move(server, client, junk())
    finally:
        close_all(connections)
    run = w.stop()
    assert not run.of("frame")
    assert run.closing[1] == 0
    if kind == "http":
        assert len(run.of("response")) == 12 * MANY


def test_bytes_in_which_no_frame_was_found_are_told(free_port, wstrace, tmp_path):
    """A close says that bytes were not decoded, instead of 0 frames; a joined direction has its frames."""
    port = free_port()
    connections = pairs(port, 2)
    try:
        w = wstrace("-p", port, "--report", tmp_path / "page.html", json_output=False)
        for client, server in connections:
            move(client, server, b"\xff" * 1234)
        client, server = connections[1]
        for i in range(5):
            move(server, client, frame(TEXT, b"hello"))
    finally:
        close_all(connections)
    w.stop()
    counts = [line for line in w.out.text().splitlines() if "->" in line and "<-" in line]
    assert len(counts) == 2, w.out.text()
    assert all("-> 1234 bytes not decoded  <- " in line for line in counts), w.out.text()
    assert "<- 0 frames 0 B" in counts[0] and "<- 3 frames 15 B" in counts[1]
    assert (tmp_path / "page.html").read_text().count("open before, 1.2 KiB not decoded") == 2


def test_keepalive_connection_that_upgrades_later(free_port, wstrace):
    port = free_port()
    ((client, server),) = connections = pairs(port, 1)
    try:
        w = wstrace("-p", port)
        w.wait("open")
        move(client, server, b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
        move(server, client, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        client.sendall(request_head("/ws"))
        recv_head(server)
        server.sendall(response_head())
        recv_head(client)
        move(client, server, frame(TEXT, b"a", fin=False, mask=b"abcd"))
        move(client, server, frame(CONT, b"b", mask=b"efgh"))
        move(server, client, frame(TEXT, b"hello"))
    finally:
        close_all(connections)
    run = w.stop()
    assert [e["target"] for e in run.of("request")] == ["/first", "/ws"]
    assert [e["status"] for e in run.of("response")] == [200, 101]
    assert [(e["dir"], e["op"], e["fin"], e["len"]) for e in run.frames()] == [
        ("c2s", "text", False, 1), ("c2s", "cont", True, 1), ("s2c", "text", True, 5)]
    assert not run.of("resync")
