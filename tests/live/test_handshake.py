# SPDX-License-Identifier: GPL-2.0-only
"""HTTP up to the upgrade, and other protocols on a port."""
import os
import socket
import ssl
import subprocess
import threading
import time

import pytest

from conftest import certificate, listens, of, program, wait_until
from test_read import read, tcpdump  # noqa: F401
from wire import (BINARY, KEY, TEXT, Pair, Ws, accept_key, connect, expected, frame, recv_eof,
                  recv_exactly, recv_head, request_head, response_head, same, ws_connect)


def pairs(head):
    """Returns a head's headers as wstrace has to print them."""
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    return [[x.strip() for x in line.split(":", 1)] for line in lines]


def traced(wstrace, port, *args):
    return wstrace("-p", port, *args)


def done(w, conns=1, **kw):
    w.wait("close", conns)
    return w.stop(**kw)


@pytest.mark.quick
def test_heads_are_exact_and_in_wire_order(wstrace, port):
    more = [("X-Empty", ""), ("x-lower", "a"), ("X-Dup", "1"), ("x-dup", "2"),
            ("X-Spaces", "  in the  middle  "), ("X-Colon", "a:b: c"), ("X-Quote", 'a"b\\c')]
    answer = [("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Extensions",
              "permessage-deflate; client_max_window_bits=15"), ("Server", "test/1.0")]
    w = traced(wstrace, port)
    p = Pair(port)
    local = p.c.sock.getsockname()
    p.upgrade("/a/b%20c", more, answer)
    p.close()
    run = done(w)
    start = run.one("start")
    assert start["v"] == 1 and start["ports"] == str(port)
    assert start["backend"] in ("fentry", "kprobe", "tracepoint")
    assert run.events[0] == start and start["version"] and start["kernel"] and start["host"]
    o = run.one("open")
    assert o["role"] == "server" and o["midstream"] is False
    assert o["local"] == f"127.0.0.1:{port}" and o["remote"] == f"127.0.0.1:{local[1]}"
    assert o["pid"] == os.getpid() and o["comm"] == open("/proc/self/comm").read().strip()
    assert o["netns"] == os.stat("/proc/self/ns/net").st_ino
    assert o["cgroup"].startswith("/")
    q = run.one("request")
    assert (q["method"], q["target"], q["http"]) == ("GET", "/a/b%20c", "1.1")
    assert q["headers"] == pairs(request_head("/a/b%20c", more))
    assert q["upgrade"] is True and q["key"] == KEY and q["conn"] == o["conn"]
    assert "truncated" not in q
    r = run.one("response")
    assert (r["status"], r["reason"], r["http"]) == (101, "Switching Protocols", "1.1")
    assert r["headers"] == pairs(response_head(answer))
    assert r["upgrade"] is True and r["accept_ok"] is True and r["subprotocol"] == "chat"
    assert r["extensions"] == "permessage-deflate; client_max_window_bits=15"
    order = [e["type"] for e in run.events if e["type"] != "verdict"]  # the connection ends without a frame
    assert order == ["start", "open", "request", "response", "close", "end"]
    assert run.closing == (1, 0, 0, 0)
    assert sorted(e["ts"] for e in run.events[1:]) == [e["ts"] for e in run.events[1:]]


@pytest.mark.quick
def test_bytes_before_and_behind_the_handshake(wstrace, port):
    """A PROXY header in two pieces before the request, an HTTP answer in place of a frame."""
    w = traced(wstrace, port)
    p = Pair(port)
    for piece in (b"PROXY TCP4 203.0.113.7 ", b"192.0.2.2 4711 80\r\n"):
        p.c.sock.sendall(piece)
        assert p.s.sock.recv(len(piece), socket.MSG_WAITALL) == piece
    p.upgrade("/ws")
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    p.s.sock.sendall(answer)
    assert p.c.sock.recv(len(answer), socket.MSG_WAITALL) == answer
    p.close()
    run = done(w)
    assert run.one("open")["via_proxy"] == {"version": 1, "client": "203.0.113.7:4711"}
    assert run.one("request")["target"] == "/ws" and run.one("response")["status"] == 101
    o = run.one("opaque")
    assert (o["dir"], o["why"], o["offset"]) == ("s2c", "http-after-101", 0)
    assert o["first"].startswith("HTTP/1.1 400 Bad Request\r\n") and not run.of("frame")
    assert [v["rule"] for v in run.of("verdict")] == ["http-after-101"]
    assert "HTTP/1.1 400 Bad Request" in run.one("verdict")["text"]


@pytest.mark.quick
def test_host_behind_a_proxy(wstrace, port, tcpdump):  # noqa: F811
    """--host takes the address in a PROXY header, whatever its pieces; live and in files."""
    args = ("--host", "203.0.113.0/24")
    w = traced(wstrace, port, *args)
    capture = tcpdump(port)
    asked = [(b"PROXY TCP4 203.0.113.7 192.0.2.2 4711 80\r\n",),
             (b"PROXY TCP4 203.0.", b"113.8 192.0.2.2 4711 80\r\n"),
             (b"PROXY TCP4 198.51.100.9 192.0.2.2 4711 80\r\n",), ()]
    for n, pieces in enumerate(asked):
        p = Pair(port)
        for piece in pieces:
            p.c.sock.sendall(piece)
            assert p.s.sock.recv(len(piece), socket.MSG_WAITALL) == piece
        p.upgrade(f"/ws{n}")
        p.c2s(TEXT, b"hello")
        p.close()
    w.wait("close", 2)
    for run in w.stop().events, read(*args, "-r", capture.stop(2)):
        assert [e["via_proxy"]["client"] for e in of(run, "open")] == ["203.0.113.7:4711",
                                                                      "203.0.113.8:4711"]
        assert [e["target"] for e in of(run, "request")] == ["/ws0", "/ws1"]
        assert {e["conn"] for e in run if "conn" in e} == {1, 2}
        assert len(of(run, "frame")) == 2 and of(run, "end")[0]["conns"] == 2
        assert of(run, "end")[0]["frames"] == 2


SECRETS = [("Cookie", "sid=SECRET1; b=SECRET2"), ("AUTHORIZATION", "Bearer SECRET3"),
           ("proxy-authorization", "Basic SECRET4"), ("X-Plain", "shown")]
TARGET = "/chat/path?token=SECRET5&x=&SECRET6&user=SECRET7"
ANSWER = [("Set-Cookie", "sid=SECRET8; HttpOnly"), ("set-cookie", "SECRET9"), ("X-Also", "shown")]


@pytest.mark.parametrize("json_output", [True, False], ids=["json", "text"])
@pytest.mark.parametrize("show", [False, True], ids=["redacted", "show-secrets"])
def test_secrets(wstrace, port, json_output, show):
    w = wstrace("-p", port, "-v", *(["--show-secrets"] if show else []), json_output=json_output)
    p = Pair(port).upgrade(TARGET, SECRETS, ANSWER)
    p.close()
    if json_output:
        run = done(w)
        headers = dict(run.one("request")["headers"])
        answer = run.one("response")["headers"]
        if show:
            assert run.one("request")["target"] == TARGET
            assert [headers[n] for n, _ in SECRETS] == [v for _, v in SECRETS]
            assert answer[-3:] == [list(x) for x in ANSWER]
        else:
            assert run.one("request")["target"] == \
                "/chat/path?token=[redacted]&x=&[redacted]&user=[redacted]"
            assert [headers[n] for n, _ in SECRETS] == ["[redacted]"] * 3 + ["shown"]
            assert [v for _, v in answer[-3:]] == ["[redacted]"] * 2 + ["shown"]
    else:
        end_of_text(w)
        w.stop()
    text = w.out.text()
    for n in range(1, 10):
        assert (f"SECRET{n}" in text) == show
    assert ("[redacted]" in text) != show
    assert text.count("shown") == 2


def end_of_text(w):
    wait_until(lambda: " ended TCP" in w.out.text(), "the close's line")


@pytest.mark.quick
def test_head_in_one_byte_writes(wstrace, port):
    head, answer = request_head("/bytes", [("X", "y" * 30)]), response_head([("Z", "z" * 30)])
    w = traced(wstrace, port, "--side", "both")
    p = Pair(port)
    for sender, receiver, data in ((p.c, p.s, head), (p.s, p.c, answer)):
        for i in range(len(data)):
            sender.sock.send(data[i:i + 1])
            assert receiver.sock.recv(1) == data[i:i + 1]
    p.c2s(TEXT, "hello")
    p.s2c(BINARY, b"world")
    p.close()
    run = done(w, 2)
    for o in run.of("open"):
        assert run.one("request", conn=o["conn"])["headers"] == pairs(head)
        assert run.one("response", conn=o["conn"])["headers"] == pairs(answer)
        same(run.frames(o["conn"], "c2s"), p.c.sent)
        same(run.frames(o["conn"], "s2c"), p.s.sent)


def head_of(size):
    """Returns a request of this many bytes, with a long header between two short ones."""
    more = [("X-First", "1"), ("X-Big", ""), ("X-Last", "2")]
    more[1] = ("X-Big", "b" * (size - len(request_head(f"/{size}", more))))
    head = request_head(f"/{size}", more)
    assert len(head) == size
    return head


def test_head_up_to_16_kib_is_whole(wstrace, port):
    w = traced(wstrace, port)
    sizes, sent = [511, 512, 513, 4095, 4096, 4097, 8192, 16383, 16384], {}
    for size in sizes:
        p = Pair(port)
        p.request(head_of(size))
        p.response(response_head())
        p.c2s(TEXT, "x")
        p.close()
        sent[size] = p.c.sent
    run = done(w, len(sizes))
    for q, size in zip(run.of("request"), sizes):
        assert q["headers"] == pairs(head_of(size)) and "truncated" not in q
        same(run.frames(q["conn"]), sent[size])


def test_longer_head_is_marked_truncated(wstrace, port):
    w = traced(wstrace, port)
    sizes, sent = [16385, 16386, 16900, 50000], {}
    for size in sizes:
        p = Pair(port)
        p.request(head_of(size))
        p.response(response_head())
        p.s2c(TEXT, "x")
        p.close()
        sent[size] = p.s.sent
    run = done(w, len(sizes))
    for q, size in zip(run.of("request"), sizes):
        assert q["truncated"] is True and q["target"] == f"/{size}" and q["upgrade"] is True
        assert q["headers"][:6] == pairs(head_of(size))[:6], "the start is there"
        name, value = q["headers"][6]
        assert name == "X-Big" and 15 * 1024 < len(value) < 16 * 1024 and set(value) == {"b"}
        assert run.one("response", conn=q["conn"])["upgrade"] is True
        same(run.frames(q["conn"]), sent[size])


CHUNKED = b"5\r\nhello\r\n10;ext=1\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n"


@pytest.mark.quick
def test_keep_alive_requests_with_bodies_then_upgrade(wstrace, port):
    body = b"GET /fake HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
    post = b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    chunked = b"PUT /two HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    w = traced(wstrace, port)
    p = Pair(port)
    for data, answer in (
            (post + body, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED),
            (chunked + CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n"
             b"HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\nHTTP/1.1 101 fake\r\n."),
            (b"HEAD /three HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"),
            (b"GET /four HTTP/1.1\r\n\r\n",
             b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
            (b"GET /five HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n")):
        p.c.sock.sendall(data)
        assert recv_exactly(p.s.sock, len(data)) == data
        p.s.sock.sendall(answer)
        assert recv_exactly(p.c.sock, len(answer)) == answer
    p.upgrade("/six")
    p.c2s(TEXT, "a" * 200)
    p.s2c(TEXT, "b" * 70000)
    p.close()
    run = done(w)
    assert [(q["method"], q["target"], q["upgrade"]) for q in run.of("request")] == [
        ("POST", "/one", False), ("PUT", "/two", False), ("HEAD", "/three", False),
        ("GET", "/four", False), ("GET", "/five", False), ("GET", "/six", True)]
    assert [r["status"] for r in run.of("response")] == [200, 100, 201, 200, 304, 204, 101]
    assert [r["upgrade"] for r in run.of("response")] == [False] * 6 + [True]
    same(run.frames(dir="c2s"), p.c.sent)
    same(run.frames(dir="s2c"), p.s.sent)
    assert run.frames(dir="c2s")[0]["offset"] == 0 and not run.of("opaque")


def test_refused_upgrades_then_another(wstrace, port):
    statuses = ["400 Bad Request", "403 Forbidden", "426 Upgrade Required", "502 Bad Gateway"]
    w = traced(wstrace, port)
    sent = []
    for n in range(len(statuses)):
        p = Pair(port)
        for status in statuses[n:]:
            p.request(request_head("/no"))
            refusal = (f"HTTP/1.1 {status}\r\nUpgrade: websocket\r\nContent-Length: 6\r\n\r\n"
                       "sorry\n").encode()
            p.s.sock.sendall(refusal)
            assert recv_exactly(p.c.sock, len(refusal)) == refusal
        p.upgrade("/yes")
        p.c2s(TEXT, "hello")
        p.close()
        sent.append(p.c.sent)
    run = done(w, len(statuses))
    for n, o in enumerate(run.of("open")):
        requests = run.of("request", conn=o["conn"])
        assert [q["target"] for q in requests] == ["/no"] * (len(statuses) - n) + ["/yes"]
        assert all(q["upgrade"] for q in requests)
        *no, yes = run.of("response", conn=o["conn"])
        assert [f"{r['status']} {r['reason']}" for r in no] == statuses[n:]
        assert not any(r["upgrade"] or "accept_ok" in r for r in no)
        assert yes["status"] == 101 and yes["upgrade"] is True and yes["accept_ok"] is True
        same(run.frames(o["conn"]), sent[n])


@pytest.mark.parametrize("side", ["server", "client"])
def test_frames_in_the_same_write_as_the_101(wstrace, port, side):
    w = traced(wstrace, port, "--side", side)
    p = Pair(port)
    p.request(request_head())
    data = response_head() + p.s.frame(TEXT, "first") + p.s.frame(BINARY, b"\0" * 300)
    straddling = p.s.frame(TEXT, "second")
    p.s.sock.sendall(data + straddling[:1])
    assert recv_exactly(p.c.sock, len(data) + 1)
    p.s.sock.sendall(straddling[1:])
    recv_exactly(p.c.sock, len(straddling) - 1)
    p.c2s(TEXT, "third")
    p.close()
    run = done(w)
    same(run.frames(dir="s2c"), p.s.sent)
    same(run.frames(dir="c2s"), p.c.sent)
    assert run.one("response")["headers"] == pairs(response_head())
    first = run.frames(dir="s2c")[0]
    assert first["offset"] == 0
    assert (first["seq"] - run.one("response")["seq"]) % 2**32 == len(response_head())


def test_every_cut_of_101_and_frames(wstrace, port):
    """The 101 and frames in two writes, cut at each place around the blank line."""
    w = traced(wstrace, port)
    head = response_head()
    sent = {}
    for at in list(range(len(head) - 6, len(head) + 12)):
        p = Pair(port)
        p.request(request_head(f"/{at}"))
        data = head + p.s.frame(TEXT, "hi") + p.s.frame(BINARY, b"\0" * 130)
        for part in (data[:at], data[at:]):
            p.s.sock.sendall(part)
            recv_exactly(p.c.sock, len(part))
        p.close()
        sent[f"/{at}"] = p.s.sent
    run = done(w, len(sent))
    for q in run.of("request"):
        same(run.frames(q["conn"]), sent[q["target"]])


def test_client_reads_101_before_servers_send_returns(wstrace, port):
    """Frames right behind the 101 from a client that does not wait: no race loses one."""
    w = traced(wstrace, port, "--side", "both")
    n = 40

    def serve(sock):
        recv_head(sock)
        sock.sendall(response_head())
        recv_eof(sock)
        sock.close()

    first = []
    with socket.create_server(("127.0.0.1", port)) as listener:
        for i in range(n):
            c = Ws(connect(port), True)
            s, _ = listener.accept()
            t = threading.Thread(target=serve, args=(s,))
            t.start()
            c.sock.sendall(request_head(f"/{i}"))
            while not c.sock.recv(4096).endswith(b"\r\n\r\n"):
                pass
            # FIN 0, RSV1, text: how a compressed message in fragments starts. Like 'A'.
            c.send(TEXT, b"x", fin=False, rsv=4)
            c.send(0, b"y")
            c.sock.shutdown(socket.SHUT_WR)
            t.join()
            recv_eof(c.sock)
            c.close()
            first.append(c.sent)
    run = done(w, 2 * n)
    assert not run.of("opaque") and not run.of("resync")
    for q in run.of("request"):
        same(run.frames(q["conn"], "c2s"), first[int(q["target"][1:])])


def test_plain_http(wstrace, nginx, py_server, port):
    front = nginx(port)
    w = traced(wstrace, front)
    with connect(front) as c:
        c.sendall(b"GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        recv_eof(c)
    run = done(w)
    assert run.one("request")["upgrade"] is False and "key" not in run.one("request")
    r = run.one("response")
    assert r["status"] == 200 and r["upgrade"] is False and "accept_ok" not in r
    assert not run.frames() and not run.of("opaque")
    assert run.one("open")["comm"] == "nginx"


def test_response_until_close_is_no_frames(wstrace, port):
    w = traced(wstrace, port)
    p = Pair(port)
    p.request(b"GET / HTTP/1.0\r\n\r\n")
    p.s.sock.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"\x81\x05hello" * 100)
    recv_exactly(p.c.sock, 19 + 700)
    p.close()
    run = done(w)
    assert not run.frames() and run.one("response")["status"] == 200


@pytest.mark.quick
def test_tls_on_the_same_port_is_opaque(wstrace, port):
    w = traced(wstrace, port)
    p = Pair(port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    hello_in, hello_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(hello_in, hello_out, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = hello_out.read()
    p.c.sock.sendall(hello)
    recv_exactly(p.s.sock, len(hello))
    p.s2c(TEXT, "not looked at")
    p.close()
    q = Pair(port).upgrade()
    q.c2s(TEXT, "decoded")
    q.close()
    run = done(w, 2)
    opaque = run.one("opaque")
    assert opaque["why"] == "tls"
    assert [f["conn"] for f in run.frames()] == [run.one("request")["conn"]]
    assert opaque["conn"] != run.one("request")["conn"]


def test_quiet_says_why_nothing_is_shown(wstrace, port):
    w = wstrace("-q", "-p", port, json_output=False)
    p = Pair(port)
    p.c.sock.sendall(b"\x16\x03\x01\x00\x05hello")
    p.close()
    wait_until(lambda: " ended TCP" in w.out.text(), "the close's line")
    assert "TLS: its content is not visible here" in w.out.text()
    w.stop()


def test_real_tls(wstrace, port, spawn, tmp_path):
    """A TLS connection gives one opaque event, no request and no frame."""
    cert, key = certificate(tmp_path)
    server = spawn(program("openssl"), "s_server", "-accept", str(port), "-cert", cert, "-key", key, "-quiet",
                   "-www", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    listens(port, server)
    w = traced(wstrace, port)
    context = ssl.create_default_context(cafile=str(cert))
    with context.wrap_socket(connect(port), server_hostname="localhost") as c:
        c.sendall(request_head())
        recv_eof(c)
    run = done(w)
    assert run.one("opaque")["why"] == "tls"
    assert not run.of("request") and not run.frames()


NOT_HTTP = [
    (b"\x00\x01\x02\x03garbage\r\n\r\n", "not-http"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "not-http"),
    (b"\x81\x85\x01\x02\x03\x04abcde", "not-http"),
    (b"lower case / HTTP/1.1\r\n\r\n", "not-http"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 9, "http2"),
]


def test_not_http(wstrace, port):
    w = traced(wstrace, port)
    for data, _ in NOT_HTTP:
        p = Pair(port)
        p.c.sock.sendall(data)
        recv_exactly(p.s.sock, len(data))
        p.s.sock.sendall(b"whatever")
        recv_exactly(p.c.sock, 8)
        p.close()
    run = done(w, len(NOT_HTTP))
    assert [run.one("opaque", conn=o["conn"])["why"] for o in run.of("open")] == \
        [why for _, why in NOT_HTTP]
    assert not run.frames() and not run.of("resync") and not run.of("request")


def test_upgrade_to_something_else(wstrace, port):
    w = traced(wstrace, port)
    p = Pair(port)
    p.request(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    p.response(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    p.s.sock.sendall(b"\x81\x05hello")
    recv_exactly(p.c.sock, 7)
    p.close()
    run = done(w)
    assert run.one("opaque")["why"] == "other-upgrade"
    assert not run.frames()


@pytest.mark.quick
def test_ipv6(wstrace, port, ipv6):
    w = traced(wstrace, port, "--side", "both")
    p = Pair(port, "::1")
    client_port = p.c.sock.getsockname()[1]
    p.upgrade()
    p.c2s(TEXT, "six")
    p.close()
    run = done(w, 2)
    server, client = run.one("open", role="server"), run.one("open", role="client")
    assert server["local"] == client["remote"] == f"[::1]:{port}"
    assert server["remote"] == client["local"] == f"[::1]:{client_port}"
    for o in (server, client):
        same(run.frames(o["conn"]), p.c.sent)


def test_ipv4_client_of_an_ipv6_socket(wstrace, port, ipv6):
    w = traced(wstrace, port)
    with socket.socket(socket.AF_INET6) as listener:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::", port))
        listener.listen()
        c = connect(port)
        s, _ = listener.accept()
    c.sendall(request_head("/mapped"))
    recv_head(s)
    s.close()
    c.close()
    run = done(w)
    assert run.one("open")["local"] == f"127.0.0.1:{port}"
    assert run.one("request")["target"] == "/mapped"


def test_response_latency(wstrace, port):
    w = traced(wstrace, port)
    least, most = [], []
    for delay in (0.02, 0.25):
        p = Pair(port)
        before = time.monotonic()
        p.request(request_head())
        between = time.monotonic()
        time.sleep(delay)  # the server's time to answer, which is measured
        least.append((time.monotonic() - between) * 1e6)
        p.response(response_head())
        most.append((time.monotonic() - before) * 1e6)
        p.close()
    run = done(w, 2)
    for r, low, high in zip(run.of("response"), least, most):
        assert low - 1 <= r["latency_us"] <= high


def test_wrong_accept(wstrace, port):
    wrong = [accept_key("AAAAAAAAAAAAAAAAAAAAAA=="), "short", "", accept_key().lower(),
             accept_key() + "A"]
    w = traced(wstrace, port)
    for accept in wrong:
        p = Pair(port)
        p.request(request_head())
        p.response(response_head().replace(accept_key().encode(), accept.encode()))
        p.s2c(TEXT, "goes on all the same")
        p.close()
    run = done(w, len(wrong))
    for r in run.of("response"):
        assert r["accept_ok"] is False and r["upgrade"] is True
        same(run.frames(r["conn"]), p.s.sent)


def test_pipelined_requests_in_one_write(wstrace, port):
    w = traced(wstrace, port)
    p = Pair(port)
    data = (b"\r\nGET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
            b"GET /3 HTTP/1.1\r\n\r\n")
    p.c.sock.sendall(data)
    recv_exactly(p.s.sock, len(data))
    p.close()
    run = done(w)
    assert [q["target"] for q in run.of("request")] == ["/1", "/2", "/3"]


def test_many_headers_and_long_target(wstrace, port):
    target = "/" + "t" * 5000
    head = request_head(target, [(f"X-{i}", str(i)) for i in range(90)])
    w = traced(wstrace, port)
    p = Pair(port)
    p.request(head)
    p.response(response_head())
    p.close()
    run = done(w)
    assert run.one("request")["target"] == target
    assert run.one("request")["headers"] == pairs(head)


def test_a_real_client_and_server(wstrace, echo_server):
    server = echo_server()
    w = traced(wstrace, server.port)
    ws = ws_connect(server.port, "/real?x=1")
    assert run_echo(ws, b"hello") == b"hello"
    ws.close()
    run = done(w)
    assert run.one("response")["headers"] == pairs(ws.head)
    assert run.one("response")["accept_ok"] is True
    assert run.one("open")["pid"] == server.pid


def run_echo(ws, payload):
    ws.send(TEXT, payload)
    return ws.message()


def test_connection_without_a_byte(wstrace, port):
    w = traced(wstrace, port)
    p = Pair(port)
    p.close()
    run = done(w)
    assert run.one("open")["role"] == "server"
    close = run.one("close")
    assert close["first"] == "remote" and close["how"] == "fin"


def test_frame_expectation_helper():
    """The tests' own encoder against the examples of RFC 6455 section 5.7."""
    assert frame(TEXT, b"Hello") == bytes.fromhex("810548656c6c6f")
    assert frame(TEXT, b"Hello", mask=bytes.fromhex("37fa213d")) == \
        bytes.fromhex("818537fa213d7f9f4d5158")
    assert frame(TEXT, b"Hel", fin=False) == bytes.fromhex("010348656c")
    assert frame(0, b"lo") == bytes.fromhex("80026c6f")
    assert frame(BINARY, b"\0" * 256)[:4] == bytes.fromhex("827e0100")
    assert frame(BINARY, b"\0" * 65536)[:10] == bytes.fromhex("827f0000000000010000")
    assert expected("818537fa213d", 5)["mask"] == "37fa213d"
