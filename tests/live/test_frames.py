# SPDX-License-Identifier: GPL-2.0-only
"""Frames: wstrace's output compared with what the peers say they sent."""
import asyncio
import base64
import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

from conftest import LIMIT, end_process, wait_until
from wire import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Pair, close_payload, expected, frame,
                  recv_eof, recv_head, request_head, response_head, same, ws_connect)


def done(w, conns=1, **kw):
    w.wait("close", conns)
    return w.stop(**kw)


def logged(server):
    return [expected(f["hdr"], f["len"]) for f in server.sent()]


MESSAGES = [(TEXT, b"hello"), (TEXT, b""), (BINARY, bytes(range(125))), (TEXT, b"x" * 126),
            (BINARY, b"\0" * 65535), (BINARY, b"\xff" * 65536), (TEXT, "h\u00e9\u4e16".encode()),
            (BINARY, os.urandom(300000)), (TEXT, b"ping")]


@pytest.mark.quick
def test_both_legs_of_nginx(wstrace, nginx, py_server):
    both_legs(wstrace, nginx, py_server())


def test_both_legs_of_nginx_and_node(wstrace, nginx, node_server):
    both_legs(wstrace, nginx, node_server())


def both_legs(wstrace, nginx, server):
    """client -> nginx -> backend: both legs have the same frames, with the headers that the peers sent."""
    front = nginx(server.port)
    w = wstrace("-p", f"{front},{server.port}")
    ws = ws_connect(front, "/legs?token=1")
    for op, payload in MESSAGES:
        ws.send(op, payload)
        assert ws.message() == payload
    ws.send(CLOSE, close_payload(4321, "enough"))
    assert ws.recv()[0] == CLOSE
    recv_eof(ws.sock)
    ws.close()
    run = done(w, 2)
    legs = {o["local"].rsplit(":")[-1]: o for o in run.of("open")}
    assert set(legs) == {str(front), str(server.port)}
    assert legs[str(front)]["comm"] == "nginx"
    assert legs[str(server.port)]["pid"] == server.pid
    for o in run.of("open"):
        assert o["role"] == "server"
        c2s, s2c = run.frames(o["conn"], "c2s"), run.frames(o["conn"], "s2c")
        same(c2s, ws.sent)
        same(s2c, logged(server))
        assert (c2s[-1]["op"], c2s[-1]["code"], c2s[-1]["reason"]) == ("close", 4321, "enough")
        assert s2c[-1]["code"] == 4321
        assert run.one("request", conn=o["conn"])["target"] == "/legs?token=[redacted]"
        assert run.one("response", conn=o["conn"])["accept_ok"] is True
        close = run.one("close", conn=o["conn"])
        assert close["code"] == 4321 and close["lost"] == 0 and close["gaps"] == 0
        for dir, sent in (("c2s", ws.sent), ("s2c", logged(server))):
            assert close[dir]["frames"] == len(sent)
            assert close[dir]["bytes"] == sum(f["len"] for f in sent)
            for op in ("text", "binary", "cont", "ping", "pong", "close"):
                assert close[dir][op] == sum(f["op"] == op for f in sent), op
            assert close[dir]["messages"] == len(MESSAGES)
        for frames in (c2s, s2c):
            at = 0
            for f in frames:
                assert f["offset"] == at
                assert (f["seq"] - frames[0]["seq"]) % 2**32 == at
                assert f["pid"] == o["pid"]
                at += f["hdr_len"] + f["len"]
    assert run.closing[:2] == (2, 2 * (len(ws.sent) + len(server.sent())))
    assert run.closing[2] == 2 * sum(f["len"] for f in ws.sent + logged(server))


def websockets_client(port, messages, compression=None):
    """Runs a client of python3-websockets. Returns the headers of its frames."""
    websockets = pytest.importorskip("websockets")
    import websockets.frames
    sent, serialize = [], websockets.frames.Frame.serialize

    def noted(self, **kw):
        data = serialize(self, **kw)
        n = {126: 4, 127: 10}.get(data[1] & 127, 2) + (4 if data[1] & 128 else 0)
        sent.append(expected(data[:n], len(data) - n))
        return data

    async def talk():
        async with websockets.connect(f"ws://127.0.0.1:{port}/", compression=compression,
                                      max_size=None, close_timeout=LIMIT) as ws:
            for m in messages:
                await ws.send(m)
                assert await ws.recv() == m
            await asyncio.wait_for(await ws.ping(b"client's"), LIMIT)

    websockets.frames.Frame.serialize = noted
    try:
        asyncio.run(asyncio.wait_for(talk(), LIMIT))
    finally:
        websockets.frames.Frame.serialize = serialize
    return sent


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_real_client_and_server(wstrace, nginx, echo_server, compression):
    """Compressed, the frames have RSV1 and the length of what was really sent."""
    server = echo_server(*([compression] if compression else []))
    front = nginx(server.port)
    w = wstrace("-p", f"{front},{server.port}", "--side", "both")
    sent = websockets_client(front, ["text " * 100, b"\1" * 5000, "x"], compression)
    run = done(w, 4)
    assert len(run.of("open")) == 4
    for o in run.of("open"):
        same(run.frames(o["conn"], "c2s"), sent)
        same(run.frames(o["conn"], "s2c"), logged(server))
        data = [f for f in run.frames(o["conn"]) if f["opcode"] < 8]
        assert {f["rsv"] for f in data} == ({4} if compression else {0})
        extensions = run.one("response", conn=o["conn"]).get("extensions", "")
        assert ("permessage-deflate" in extensions) == bool(compression)


def test_server_closes_with_code_and_reason(wstrace, echo_server):
    server = echo_server()
    w = wstrace("-p", server.port)
    ws = ws_connect(server.port)
    ws.send(TEXT, "close 1013 try \u00fcbermorgen")
    op, payload, _ = ws.recv()
    assert op == CLOSE and payload == close_payload(1013, "try \u00fcbermorgen")
    ws.send(CLOSE, payload[:2])
    recv_eof(ws.sock)
    ws.close()
    run = done(w)
    s2c, = run.frames(dir="s2c")
    assert s2c["code"] == 1013 and s2c["reason"] == "try \u00fcbermorgen"
    assert s2c["len"] == len(payload)
    c2s = run.frames(dir="c2s")[-1]
    assert c2s["op"] == "close" and c2s["code"] == 1013 and "reason" not in c2s
    close = run.one("close")
    assert close["code"] == 1013 and close["how"] == "fin"
    assert close["first"] == "local", "the server ends the TCP connection first, RFC 6455 7.1.1"


def test_close_frame_without_code(wstrace, port):
    w = wstrace("-p", port)
    p = Pair(port).upgrade()
    p.c2s(CLOSE)
    p.s2c(CLOSE)
    p.close()
    run = done(w)
    assert [f["op"] for f in run.frames()] == ["close", "close"]
    assert not any("code" in f or "reason" in f for f in run.frames())
    assert "code" not in run.one("close")


@pytest.mark.quick
def test_ping_rtt(wstrace, port):
    delay = 0.05
    w = wstrace("-p", port)
    p = Pair(port).upgrade()
    p.s2c(PING, "one")
    time.sleep(delay)  # the quantity to measure
    p.c2s(PONG, "one")
    p.c2s(PING)
    p.s2c(PONG)
    p.s2c(PONG, "nobody asked")
    p.c2s(PING, "abc")
    p.s2c(PONG, "abd")
    p.s2c(PONG, "ab")
    p.s2c(PONG, "abcd")
    p.close()
    run = done(w)
    slow, quick, *others = run.of("frame", op="pong")
    assert delay * 1e6 <= slow["rtt_us"] < 20 * delay * 1e6
    assert 0 <= quick["rtt_us"] <= slow["rtt_us"]
    assert len(others) == 4 and not any("rtt_us" in f for f in others)
    assert not any("rtt_us" in f for f in run.of("frame", op="ping"))
    same(run.frames(dir="c2s"), p.c.sent)
    same(run.frames(dir="s2c"), p.s.sent)


def test_fragments_with_control_frames_between(wstrace, echo_server):
    server = echo_server()
    w = wstrace("-p", server.port)
    ws = ws_connect(server.port)
    ws.send(TEXT, "one ", fin=False)
    ws.send(PING, "between")
    ws.send(CONT, "two ", fin=False)
    ws.send(CONT, "", fin=False)
    ws.send(PONG)
    ws.send(CONT, "three")
    assert ws.message() == b"one two three"
    ws.send(CLOSE, close_payload(1000))
    recv_eof(ws.sock)
    ws.close()
    run = done(w)
    same(run.frames(dir="c2s"), ws.sent)
    same(run.frames(dir="s2c"), logged(server))
    assert [(f["op"], f["fin"]) for f in run.frames(dir="c2s")] == [
        ("text", False), ("ping", True), ("cont", False), ("cont", False), ("pong", True),
        ("cont", True), ("close", True)]
    close = run.one("close")
    assert close["c2s"]["messages"] == 1 and close["c2s"]["cont"] == 3
    assert "rtt_us" in run.of("frame", op="pong", dir="s2c")[0]


def test_reserved_opcodes_rsv_and_rule_breakers(wstrace, port):
    """In a stream followed from its start a frame that breaks a rule is still a frame."""
    w = wstrace("-p", port, "--side", "both")
    p = Pair(port).upgrade()
    for opcode in range(16):
        p.c2s(opcode, os.urandom(opcode), rsv=opcode & 7, fin=bool(opcode & 1))
        p.s2c(opcode, os.urandom(opcode * 10), mask=os.urandom(4) if opcode & 2 else None)
    p.close()
    run = done(w, 2)
    for o in run.of("open"):
        same(run.frames(o["conn"], "c2s"), p.c.sent)
        same(run.frames(o["conn"], "s2c"), p.s.sent)
        close = run.one("close", conn=o["conn"])
        assert close["c2s"]["frames"] == 16 and close["c2s"]["reserved"] == 10


PAYLOADS = [(TEXT, "plain"), (TEXT, "h\u00e9 \u4e16\u754c \U0001f600"),
            (BINARY, bytes(range(256))),
            (TEXT, ""), (BINARY, b""), (TEXT, "\x1b[31m\"\\\n\u202e"),
            (TEXT, b"\xff\xfe bad UTF-8"),
            (BINARY, os.urandom(4096)), (BINARY, os.urandom(100001))]


def payload_of(event):
    if "payload" in event:
        return event["payload"].encode()
    return base64.b64decode(event["payload_b64"], validate=True)


@pytest.mark.quick
def test_whole_payload(wstrace, port):
    payload(wstrace, port, ["full"], "server")


@pytest.mark.parametrize("side", ["server", "client"])
def test_payload(wstrace, port, side):
    payload(wstrace, port, [0, 1, 5, 100, 5000, "full"], side)


def payload(wstrace, port, snaplens, side):
    """Several wstraces watch the same connection."""
    running = [(n, wstrace("-p", port, "-s", n, "--side", side)) for n in snaplens]
    p = Pair(port).upgrade()
    for op, payload in PAYLOADS:
        p.c.send(op, payload)
        p.s.recv()
        p.s.send(op, payload)
        p.c.recv()
    p.close()
    for snaplen, w in running:
        check_payload(done(w), snaplen, p)


def check_payload(run, snaplen, p):
    limit = {"full": 1 << 30}.get(snaplen, snaplen)
    for dir, ws in (("c2s", p.c), ("s2c", p.s)):
        frames = run.frames(dir=dir)
        same(frames, ws.sent)
        for f, (op, payload) in zip(frames, PAYLOADS):
            raw = payload.encode() if isinstance(payload, str) else payload
            if not snaplen:
                assert "payload" not in f and "payload_b64" not in f
                continue
            assert hashlib.sha1(payload_of(f)).digest() == hashlib.sha1(raw[:limit]).digest()
            assert f.get("truncated", False) == (len(raw) > limit)
            if op == BINARY or payload == b"\xff\xfe bad UTF-8" and limit > 1:
                assert "payload" not in f
            if isinstance(payload, str) and len(raw) <= limit:
                assert f["payload"] == payload


def test_payload_in_pieces(wstrace, port):
    """A payload that goes through many calls and segments comes out whole and unmasked."""
    w = wstrace("-p", port, "-s", "full", "--side", "both")
    p = Pair(port).upgrade()
    payload = os.urandom(3000)
    data = p.c.frame(BINARY, payload) + p.c.frame(TEXT, "next")
    at, step = 0, 1
    while at < len(data):
        part = data[at:at + step]
        cuts = [part[:1], part[1:step // 3], b"", part[max(1, step // 3):]]
        assert p.c.sock.sendmsg(cuts) == len(part)
        got = b""
        while len(got) < len(part):
            a, b = bytearray(3), bytearray(500)
            n = p.s.sock.recvmsg_into([a, b])[0]
            got += bytes(a + b)[:n]
        assert got == part
        at, step = at + step, step + 7
    p.close()
    run = done(w, 2)
    for o in run.of("open"):
        first, second = run.frames(o["conn"])
        assert payload_of(first) == payload and payload_of(second) == b"next"


def test_reset_in_the_middle_of_a_send(wstrace, port):
    """TCP ends while a call is still sending: its bytes come before the close."""
    w = wstrace("-p", port)
    head, each = response_head([("X-Big", "x" * 2000)]), frame(BINARY, b"x" * 9996)
    sent = {}
    with socket.create_server(("127.0.0.1", port)) as listener:
        for _ in range(100):
            client = socket.create_connection(("127.0.0.1", port), LIMIT)
            server, peer = listener.accept()
            with client, server:
                client.sendall(request_head())
                recv_head(server)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                resetter = threading.Thread(target=lambda: (client.recv(1), client.close()))
                resetter.start()
                sent[f"{peer[0]}:{peer[1]}"] = server.send(head + 50 * each) - len(head)
                resetter.join()
    run = done(w, len(sent))
    assert len(run.of("open")) == len(sent)
    for o in run.of("open"):
        n = sent[o["remote"]]
        assert [e["type"] for e in run.events if e.get("conn") == o["conn"] and
                e["type"] != "verdict"][-1] == "close"
        assert len(run.frames(o["conn"])) == (n + len(each) - 4) // len(each)


@pytest.mark.parametrize("side,roles", [("server", ["server"]), ("client", ["client"]),
                                        ("both", ["client", "server"])])
def test_side(wstrace, port, side, roles):
    w = wstrace("-p", port, "--side", side)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "a")
    p.s2c(TEXT, "b")
    client_port = p.c.sock.getsockname()[1]
    p.close()
    run = done(w, len(roles))
    assert sorted(o["role"] for o in run.of("open")) == roles
    for o in run.of("open"):
        near, far = (port, client_port) if o["role"] == "server" else (client_port, port)
        assert o["local"] == f"127.0.0.1:{near}" and o["remote"] == f"127.0.0.1:{far}"
        same(run.frames(o["conn"], "c2s"), p.c.sent)
        same(run.frames(o["conn"], "s2c"), p.s.sent)
        first = "remote" if o["role"] == "server" else "local"
        assert run.one("close", conn=o["conn"])["first"] == first
    assert run.closing[:2] == (len(roles), 2 * len(roles))


@pytest.mark.parametrize("side", ["server", "client", "both"])
def test_side_without_a_byte(wstrace, port, side):
    """A connection that carries nothing is shown once, too, whoever closes first."""
    w = wstrace("-p", port, "--side", side)
    Pair(port).close()
    p = Pair(port)
    p.s.sock.shutdown(socket.SHUT_WR)
    recv_eof(p.c.sock)
    p.c.close()
    p.s.close()
    run = done(w, 4 if side == "both" else 2)
    roles = {"server": ["server"] * 2, "client": ["client"] * 2,
             "both": ["client", "client", "server", "server"]}[side]
    assert sorted(o["role"] for o in run.of("open")) == roles
    assert len(run.of("close")) == len(roles)


def fin_by_client(p):
    p.c.sock.shutdown(socket.SHUT_WR)
    recv_eof(p.s.sock)
    p.s.close()
    recv_eof(p.c.sock)
    p.c.close()


def fin_by_server(p):
    p.s.close()
    recv_eof(p.c.sock)
    p.c.close()


def reset(ws):
    ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ws.close()


def rst_by_client(p):
    reset(p.c)
    recv_eof(p.s.sock)
    p.s.close()


def rst_by_server(p):
    reset(p.s)
    recv_eof(p.c.sock)
    p.c.close()


@pytest.mark.quick
def test_who_closed_and_how(wstrace, port):
    w = wstrace("-p", port, "--side", "both")
    ways = [fin_by_client, fin_by_server, rst_by_client, rst_by_server]
    longest = {}
    for by in ways:
        before = time.monotonic()
        p = Pair(port).upgrade(f"/{by.__name__}")
        time.sleep(0.03)  # duration_us must include it
        p.c2s(TEXT, "last words")
        by(p)
        longest[by.__name__] = (time.monotonic() - before) * 1e6
    run = done(w, 2 * len(ways))
    for o in run.of("open"):
        way = run.one("request", conn=o["conn"])["target"][1:]
        close = run.one("close", conn=o["conn"])
        assert close["how"] == way[:3], way
        assert close["first"] == ("local" if way.endswith(o["role"]) else "remote"), (way, o)
        assert 30000 <= close["duration_us"]
        if way.startswith("rst"):  # after a FIN the last ACK may come later
            assert close["duration_us"] <= longest[way]
        assert "code" not in close


def test_reset_with_data_unread(wstrace, port):
    """close() with bytes left to read sends RST (RFC 2525 section 2.17)."""
    w = wstrace("-p", port)
    p = Pair(port).upgrade()
    p.c.sock.sendall(frame(TEXT, b"never read", mask=b"abcd"))
    wait_until(lambda: p.s.sock.recv(100, socket.MSG_PEEK), "the bytes")
    p.s.close()
    recv_eof(p.c.sock)
    p.c.close()
    run = done(w)
    close = run.one("close")
    assert (close["first"], close["how"]) == ("local", "rst")
    assert not run.frames() and close["c2s"]["frames"] == 0
    assert close["unread"] == 6 + len("never read")


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM])
def test_process_that_dies(wstrace, py_server, sig):
    server = py_server()
    w = wstrace("-p", server.port, "--side", "both")
    ws = ws_connect(server.port)
    ws.send(TEXT, "hi")
    assert ws.message() == b"hi"
    end_process(server.proc, sig)
    recv_eof(ws.sock)
    ws.close()
    run = done(w, 2)
    mine = run.one("open", role="client")["conn"]
    its = run.one("open", role="server")["conn"]
    killed = sig == signal.SIGKILL
    assert run.one("close", conn=its)["how"] == ("exit" if killed else "fin")
    assert run.one("close", conn=its)["first"] == "local"
    assert run.one("close", conn=mine)["how"] == "fin"
    assert run.one("close", conn=mine)["first"] == "remote"
    if killed:
        assert not run.of("frame", op="close")
    else:
        assert run.of("frame", op="close")[0]["code"] == 1001


def two_servers(py_server, node_server):
    a, b = py_server(), node_server()
    return a, b


def echo_once(server, payload=b"hi"):
    ws = ws_connect(server.port)
    ws.send(TEXT, payload)
    assert ws.message() == payload
    ws.send(CLOSE, close_payload(1000))
    recv_eof(ws.sock)
    ws.close()


def test_pid(wstrace, py_server, node_server):
    a, b = two_servers(py_server, node_server)
    w = wstrace("-p", f"{a.port},{b.port}", "--pid", b.pid)
    other = wstrace("-p", f"{a.port},{b.port}", "--pid", f"1,{a.pid},{b.pid}")
    echo_once(a)
    echo_once(b)
    other.wait("close", 2)
    both, run = other.stop(), done(w)
    assert [o["pid"] for o in run.of("open")] == [b.pid]
    assert len(run.frames()) == 4
    assert run.closing[:2] == (1, 4)
    assert {o["pid"] for o in both.of("open")} == {a.pid, b.pid}


@pytest.mark.alone  # the nginx of another test would be seen
@pytest.mark.parametrize("args", [("--side", "both"), ()], ids=["both", "default"])
def test_comm(wstrace, nginx, node_server, args):
    """-p any --comm nginx, as --help has it."""
    server = node_server()
    front = nginx(server.port)
    w = wstrace("-p", "any", "--comm", "nginx", *args)
    ws = ws_connect(front)
    ws.send(TEXT, "x")
    assert ws.message() == b"x"
    ws.send(CLOSE, close_payload(1000))
    recv_eof(ws.sock)
    ws.close()
    run = done(w, 2)
    assert {o["comm"] for o in run.of("open")} == {"nginx"}
    ports = sorted(o["local" if o["role"] == "server" else "remote"] for o in run.of("open"))
    assert ports == sorted([f"127.0.0.1:{front}", f"127.0.0.1:{server.port}"])
    assert sorted(o["role"] for o in run.of("open")) == ["client", "server"]


def test_other_ports_are_not_seen(wstrace, free_port):
    a, b = free_port(), free_port()
    w = wstrace("-p", f"{a}-{a}")
    Pair(b).upgrade().close()
    p = Pair(a).upgrade()
    p.close()
    run = done(w)
    assert run.one("open")["local"] == f"127.0.0.1:{a}" and run.closing[0] == 1


def test_duration(wstrace, port):
    before = time.monotonic()
    w = wstrace("-p", port, "-d", 1)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "x")
    run = w.finished()
    assert run.status == 0 and 1 <= time.monotonic() - before < LIMIT
    assert len(run.frames()) == 1
    p.close()


def test_count(wstrace, port):
    w = wstrace("-p", port, "-n", 5)
    p = Pair(port).upgrade()
    for i in range(20):
        p.c2s(TEXT, str(i))
    run = w.finished()
    assert run.status == 0
    same(run.frames(), p.c.sent[:5])
    assert run.closing[1] == 5 or "frames (5 shown), " in run.stderr
    p.close()


SHOWS = {
    ("-q",): {"request", "response", "close"},
    ("--only", "frame"): {"frame"},
    ("--only", "control"): {"control"},
    ("--only", "open"): {"open"},
    ("--only", "handshake"): {"request", "response"},
    ("--only", "close"): {"close"},
    ("--only", "open,control,close"): {"open", "control", "close"},
    (): {"open", "request", "response", "frame", "close"},
}


def test_only(wstrace, port):
    """Several wstraces watch the same connection."""
    running = {args: wstrace("-p", port, *args) for args in SHOWS}
    p = Pair(port).upgrade()
    p.c2s(TEXT, "data")
    p.s2c(PING, "ping")
    p.c2s(PONG, "ping")
    p.close()
    running[()].wait("close")
    for args, w in running.items():
        check_only(w.stop(), SHOWS[args], p)


def check_only(run, shows, p):
    types = {e["type"] for e in run.events} - {"start", "end", "verdict"}  # there is no Close
    if "control" in shows:
        assert [f["op"] for f in run.frames()] == ["ping", "pong"]
        types = types - {"frame"} | {"control"}
    elif "frame" in shows:
        same(run.frames(dir="c2s"), p.c.sent)
        same(run.frames(dir="s2c"), p.s.sent)
    assert types == shows
    assert run.closing[1] == 3, "counted all the same"
    if "close" in shows:
        assert run.one("close")["c2s"]["text"] == 1


@pytest.mark.parametrize("first", ["server", "client"])
def test_joined_midstream(wstrace, port, first):
    """A connection from before wstrace: found by its bytes, decoded once frames are sure."""
    p = Pair(port).upgrade()
    for _ in range(3):
        p.c2s(TEXT, "before")
    w = wstrace("-p", port)
    for i in range(40):
        if first == "client":
            p.c2s(TEXT, f"after {i}")
        p.s2c(BINARY, b"x" * i)
        if first == "server":
            p.c2s(TEXT, f"after {i}")
    p.close()
    run = done(w)
    o = run.one("open")
    assert o["midstream"] is True and o["role"] == "server"
    assert o["local"] == f"127.0.0.1:{port}"
    for dir, ws in (("c2s", p.c), ("s2c", p.s)):
        frames = run.frames(dir=dir)
        assert 30 < len(frames) < 40
        same(frames, ws.sent[-len(frames):])
        skipped = sum(f["hdr_len"] + f["len"] for f in ws.sent[-40:-len(frames)])
        resync = run.one("resync", dir=dir)
        assert resync["why"] == "midstream" and resync["skipped"] == skipped


def test_gap_resyncs(wstrace, port):
    """Bytes that no backend can read (MSG_TRUNC) make a gap; frames follow after it."""
    w = wstrace("-p", port)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "seen")
    unseen = [frame(TEXT, b"not seen %d" % i, mask=b"abcd") for i in range(3)]
    p.c.sock.sendall(b"".join(unseen))
    left = len(b"".join(unseen))
    while left:
        left -= p.s.sock.recv_into(bytearray(left), left, socket.MSG_TRUNC) or left
    for i in range(10):
        p.c2s(TEXT, f"after {i}")
    p.close()
    run = done(w)
    frames = run.frames(dir="c2s")
    same(frames[:1], p.c.sent[:1])
    assert len(frames) >= 8
    same(frames[-7:], p.c.sent[-7:])


def test_sockets_handed_to_another_process(wstrace, port):
    """pid and comm follow the process that really talks."""
    w = wstrace("-p", port)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "parent")
    data = frame(TEXT, b"child")
    fd = p.s.sock.fileno()
    child = subprocess.run([sys.executable, "-c", f"import os; os.write({fd}, {data!r}); "
                            "print(os.getpid())"], pass_fds=[fd], capture_output=True,
                           timeout=LIMIT)
    assert p.c.recv()[1] == b"child"
    p.c2s(TEXT, "parent again")
    p.close()
    run = done(w)
    assert [f["pid"] for f in run.frames()] == [os.getpid(), int(child.stdout), os.getpid()]


def test_many_connections_at_once(wstrace, py_server):
    """Events of different connections are never mixed up."""
    n = 12 if os.environ.get("WSTRACE_VM_GUEST") else 60
    server = py_server()
    w = wstrace("-p", server.port)
    all_ws = [ws_connect(server.port, f"/{i}") for i in range(n)]
    for k in range(5):
        for i, ws in enumerate(all_ws):
            ws.send(TEXT, "m" * (i * 10 + k))
        for i, ws in enumerate(all_ws):
            assert len(ws.message()) == i * 10 + k
    for ws in all_ws:
        ws.send(CLOSE, close_payload(1000))
        recv_eof(ws.sock)
        ws.close()
    run = done(w, n)
    assert len({e["conn"] for e in run.of("open")}) == n
    for q in run.of("request"):
        i = int(q["target"][1:])
        same(run.frames(q["conn"], "c2s"), all_ws[i].sent)
        lens = [f["len"] for f in run.frames(q["conn"], "s2c") if f["op"] == "text"]
        assert lens == [i * 10 + k for k in range(5)]
