# SPDX-License-Identifier: GPL-2.0-only
"""Handshakes that get no answer, or one in another protocol: which verdict they get, and when."""
import signal
import struct
import socket
import subprocess
import threading
import time

import pytest

import wire
from conftest import LIMIT, listens, program
from diag_lab import UPGRADE, ask, lab, location, nginx_conf  # noqa: F401
from test_diagnose import ONLY, diagnosed, rules
from test_read import read, tcpdump  # noqa: F401
from test_real import HELLO, real  # noqa: F401

pytestmark = pytest.mark.one_kernel

PATIENT = UPGRADE + "proxy_read_timeout 3600s;"


def give_up(port, seconds, target="/mute"):
    """A client that sends a request and leaves after some seconds."""
    sock = wire.connect(port)
    sock.sendall(wire.request_head(target))
    sock.settimeout(seconds)
    with pytest.raises(socket.timeout):
        sock.recv(1)
    sock.close()


def stopped(real):
    backend = real.ws_server()
    real.server.send_signal(signal.SIGSTOP)
    return backend


@pytest.mark.parametrize("side", ["server", "both"])
@pytest.mark.parametrize("seconds", [2, 7])
def test_mute(wstrace, lab, seconds, side):
    """The backend has read the request; nginx would wait for an hour, the client does not."""
    backend = lab.backend()
    port = lab.nginx(location(backend, more=PATIENT))
    w = wstrace("-p", f"{port},{backend}", "--side", side, *ONLY)
    waits = threading.Thread(target=give_up, args=(port, seconds))
    waits.start()
    if seconds > 5:
        w.wait("verdict")
        assert waits.is_alive() and "gave up" not in w.wait("verdict")[0]["text"]
    waits.join()
    w.wait("close")
    w.wait("verdict")
    v = w.stop().one("verdict")
    assert v["rule"] == "upstream-mute" and f"127.0.0.1:{backend}" in v["text"], v
    assert len(v["legs"]) == 2 and ("gave up" in v["text"]) == (seconds < 5)
    if side == "server":
        assert v["hop"]["listen"] == f"127.0.0.1:{backend}" and v["hop"]["comm"] in v["text"]


@pytest.mark.parametrize("seconds", [4, 7])
def test_unread(wstrace, real, seconds):
    """A stopped backend: the kernel accepts, and nobody reads the request."""
    backend = stopped(real)
    port = real.nginx(location(backend, more=PATIENT))
    try:
        w = wstrace("-p", f"{port},{backend}", *ONLY)
        give_up(port, seconds)
        w.wait("close")
        w.wait("verdict")
        v = w.stop().one("verdict")
    finally:
        real.server.send_signal(signal.SIGCONT)
    assert v["rule"] == "upstream-mute" and len(v["legs"]) == 2, v
    assert f"127.0.0.1:{backend} " in v["text"] and "read the request" in v["text"], v


def test_mute_untraced(wstrace, lab):
    """nginx's upstream is not traced, and the verdict says so."""
    port = lab.nginx(location(lab.backend(), more=PATIENT))
    run = diagnosed(wstrace, (port,), lambda: give_up(port, 2), 1)
    v = run.one("verdict")
    assert v["rule"] == "upstream-mute" and "no connection of it to an upstream" in v["text"]
    assert "-p any --comm nginx" in v["fix"]


def test_slow_answers(wstrace, lab):
    """An answer within five seconds gives no verdict; a later one no other verdict."""
    backend = lab.backend()
    port = lab.nginx(location(backend, more=PATIENT))

    def drive(path):
        ws, answer = ask(port, path)
        assert b" 101 " in answer.split(b"\r\n")[0]
        ws.send(wire.CLOSE, wire.close_payload(1000))
        wire.recv_eof(ws.sock)
        ws.close()

    assert rules(diagnosed(wstrace, (port, backend), lambda: drive("/slow-3"), 2)) == []
    run = diagnosed(wstrace, (port, backend), lambda: drive("/slow-6"), 2)
    assert run.one("verdict")["rule"] == "upstream-mute"


def wss(port):
    subprocess.run([program("curl"), "-sk", "--http1.1", "-o", "/dev/null", "-m", "5", "-H",
                    "Upgrade: websocket", "-H", "Connection: Upgrade", f"https://127.0.0.1:{port}/"])


PLAIN = {
    "nginx": lambda real: real.nginx(location(real.ws_server())),
    "node": lambda real: real.ws_server(),
    "websockets": lambda real: real.websockets(),
}


@pytest.mark.parametrize("server", PLAIN)
def test_wss_to_plain(wstrace, real, server):
    """No other connection of the port has been seen."""
    port = PLAIN[server](real)
    run = diagnosed(wstrace, (port,), lambda: wss(port), 1)
    assert rules(run) == ["tls-mismatch"] and str(port) in run.one("verdict")["text"]


def test_wss_is_fine(wstrace, real):
    port = real.free_port()
    backend = real.ws_server()
    real.start([port], "nginx", nginx_conf(real.dir, [
        (f"127.0.0.1:{port} ssl", real.nginx_certificate() + location(backend))]), "-p", real.dir, "-e",
        real.dir / "error.log", "-c")

    def drive():
        real.node(f"const ws = new WebSocket('wss://127.0.0.1:{port}', {{rejectUnauthorized: false}});"
                  + HELLO).wait(LIMIT)

    run = diagnosed(wstrace, (port, backend), drive, 2)
    assert rules(run) == []
    assert len(run.of("opaque")) == 1


@pytest.mark.parametrize("server", ["node", "websockets"])
def test_proxy_tls_to_plain(wstrace, real, server):
    backend = PLAIN[server](real)
    port = real.nginx(location(backend, more=UPGRADE).replace("http://", "https://"))
    run = diagnosed(wstrace, (port, backend), lambda: ask(port)[0].close(), 2)
    v = run.one("verdict")
    assert v["rule"] == "tls-mismatch" and f"127.0.0.1:{backend}" in v["text"], v
    assert v["text"].startswith(f"nginx on 127.0.0.1:{port} ") and len(v["legs"]) == 2 and "https://" in v["fix"]


def test_proxy_tls_unanswered(wstrace, real):
    """tornado waits for more bytes: it does not answer, and nginx does not give up."""
    backend = real.tornado()
    port = real.nginx(location(backend, more=PATIENT).replace("http://", "https://"))
    w = wstrace("-p", f"{port},{backend}", *ONLY)
    give_up(port, 7)
    v = w.stop().one("verdict")
    assert v["rule"] == "upstream-mute" and f"127.0.0.1:{backend}" in v["text"], v
    assert "TLS" in v["text"] and "http://" in v["fix"] and len(v["legs"]) == 2


def test_proxy_plain_to_tls(wstrace, real):
    real.nginx_certificate()
    backend = real.free_port()
    server = real.node(f"""
const fs = require('fs');
const https = require('https').createServer({{key: fs.readFileSync('{real.dir}/key.pem'),
                                            cert: fs.readFileSync('{real.dir}/cert.pem')}});
new WebSocket.Server({{server: https}}); https.listen({backend}, '127.0.0.1');""")
    listens(backend, server)
    port = real.nginx(location(backend))
    run = diagnosed(wstrace, (port, backend), lambda: ask(port)[0].close(), 2)
    v = run.one("verdict")
    assert v["rule"] in ("tls-mismatch", "refused") and f"127.0.0.1:{backend}" in v["text"], v
    assert len(v["legs"]) == 2 and "https://" in v["fix"], v


def test_ws_to_ssl_port(wstrace, real):
    """No TLS was seen on the port: the body of nginx's 400 says that it is wanted."""
    port = real.free_port()
    real.start([port], "nginx", nginx_conf(real.dir, [
        (f"127.0.0.1:{port} ssl", real.nginx_certificate() + "location / { return 404; }")]), "-p", real.dir,
        "-e", real.dir / "error.log", "-c")
    run = diagnosed(wstrace, (port,), lambda: ask(port)[0].close(), 1)
    v = run.one("verdict")
    assert v["rule"] == "tls-mismatch" and v["certainty"] == "certain", v
    assert "plain http request was sent to https port" in v["text"]


def test_upgrade_added(wstrace, lab):
    """nginx turns a plain request into a handshake: the verdict is not about the client."""
    backend = lab.backend()
    port = lab.nginx(location(backend, more="proxy_http_version 1.1; proxy_set_header Upgrade "
                              "websocket; proxy_set_header Connection upgrade;"))
    plain = b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    run = diagnosed(wstrace, (port, backend), lambda: ask(port, head=plain)[0].close(), 2)
    v = run.one("verdict")
    assert v["rule"] == "no-key" and v["text"].startswith(f"nginx on 127.0.0.1:{port} added"), v
    assert len(v["legs"]) == 2


def test_own_port(wstrace, lab):
    """nginx passes on to another location of its own: one fault, one verdict."""
    port = lab.free_port()
    lab.start([port], "nginx", nginx_conf(lab.dir, [(f"127.0.0.1:{port}", (
        location(port, "/ws", UPGRADE, "/foo/ws") + "location /foo/ { return 404; }"))]),
        "-p", lab.dir, "-e", lab.dir / "error.log", "-c")
    run = diagnosed(wstrace, (port,), lambda: ask(port, "/ws")[0].close(), 2)
    assert rules(run) == ["path-rewritten"] and len(run.of("verdict")) == 1


def test_not_found(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.nginx(location(backend, "= /echo") + "location / { return 404; }")

    def drive(*targets):
        for target in targets:
            ask(port, target)[0].close()

    v = diagnosed(wstrace, (port, backend), lambda: drive("/nothing"), 1).one("verdict")
    assert v["rule"] == "not-found" and "no connection of it" in v["text"] and \
        "proxy_pass" not in v["fix"]
    run = diagnosed(wstrace, (port, backend), lambda: drive("/echo", "/Echo/"), 3)
    v = [v for v in run.of("verdict") if v["rule"] == "not-found"]
    assert len(v) == 1 and v[0]["fix"].startswith("use /echo:"), v


def without(file, what):
    """Returns the capture without the packets that hold this text."""
    data = file.read_bytes()
    out, pos = data[:24], 24
    while pos < len(data):
        n = 16 + struct.unpack_from("=I", data, pos + 8)[0]
        out += b"" if what in data[pos:pos + n] else data[pos:pos + n]
        pos += n
    file.with_suffix(".less").write_bytes(out)
    return file.with_suffix(".less")


@pytest.mark.parametrize("frames", [0, 20])
def test_101_not_captured(lab, tcpdump, frames):
    """Only the capture lacks the answer: no verdict."""
    port = lab.backend()
    capture = tcpdump(port)
    ws, answer = ask(port)
    assert b" 101 " in answer
    for _ in range(frames):
        ws.send(wire.TEXT, "hello")
        assert ws.message() == b"hello"
    if not frames:
        time.sleep(1.5)
    ws.sock.shutdown(socket.SHUT_WR)
    wire.recv_eof(ws.sock)
    ws.close()
    file = capture.stop()
    events = read("-r", without(file, b"HTTP/1.1 101"))
    assert [e for e in events if e["type"] == "request"]
    assert not [e for e in events if e["type"] == "response"]
    assert not [e for e in events if e["type"] == "verdict" and e["rule"] in (
        "refused", "upstream-mute")], events


def test_cut_heads(lab, tcpdump):
    """tcpdump -s: missing bytes of a head give no verdict."""
    port = lab.backend()
    capture = tcpdump(port, "-s", "200")
    ws, answer = ask(port, headers=[("X-Long", "x" * 200)])
    assert b" 101 " in answer
    ws.send(wire.CLOSE, wire.close_payload(1000))
    wire.recv_eof(ws.sock)
    ws.close()
    events = read("-r", capture.stop())
    assert [e for e in events if e["type"] == "response"]
    assert all("accept_ok" not in e for e in events if e["type"] == "response")
    assert not [e for e in events if e["type"] == "verdict"]
