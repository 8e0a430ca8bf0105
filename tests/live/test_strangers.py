# SPDX-License-Identifier: GPL-2.0-only
"""Strangers on a traced port: health checks, port scans, other protocols. None gets a verdict."""
import random
import socket
import socketserver
import ssl
import struct
import subprocess
import threading

import pytest

import wire
from conftest import LIMIT, certificate, of, program
from diag_lab import ask, fresh_key, lab, location, talk  # noqa: F401
from test_read import read, tcpdump  # noqa: F401

pytestmark = pytest.mark.one_kernel

# What nmap -sV, masscan and bots send to see what answers.
PROBES = {
    "nothing": b"",
    "blank lines": b"\r\n\r\n",
    "HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP OPTIONS": b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n",
    "proxy seeker": b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "CONNECT seeker": b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"),
    "RTSP": b"OPTIONS / RTSP/1.0\r\n\r\n",
    "SIP": b"OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\n\r\n",
    "half a TLS hello": b"\x16\x03\x01",
    "TLS hello": bytes.fromhex("16030100350100003103035f") + bytes(30)
                 + bytes.fromhex("000002c02f0100000600170000") + bytes(4),
    "RDP": bytes.fromhex("0300001312e00000000000010008000300000000"),
    "SMB": bytes.fromhex("000000a4ff534d4272000000000801400000") + bytes(40),
    "DNS over TCP": bytes.fromhex("001e0006010000010000000000000776657273696f6e0462696e640000100003"),
    "SSH": b"SSH-2.0-Go\r\n",
    "SOCKS5": b"\x05\x01\x00",
    "SOCKS4": b"\x04\x01\x00\x50\x08\x08\x08\x08\x00",
    "redis": b"*1\r\n$4\r\nINFO\r\n",
    "memcached": b"stats\r\n",
    "SMTP": b"EHLO scanner\r\n",
    "JDWP": b"JDWP-Handshake",
    "MQTT": bytes.fromhex("101000044d5154540402001e000461626364"),
    "AMQP": b"AMQP\x00\x00\x09\x01",
    "PostgreSQL": bytes.fromhex("0000000804d2162f"),
    "random bytes": random.Random(1).randbytes(200),
    "zeros": bytes(64),
}


def probe(port, data, reset=False):
    with wire.connect(port) as sock:
        sock.sendall(data)
        sock.settimeout(0.1)
        try:
            while sock.recv(4096):
                pass
        except OSError:
            pass
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def checks(port):
    """Health checks: of TCP, of HTTP, and of WebSockets, which end at the 101."""
    for reset in (False, True, True):
        probe(port, b"", reset)
    for request in (b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                    b"HEAD / HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1.29\r\n\r\n"):
        probe(port, request)
    for reset in (False, False, True):
        sock = wire.connect(port)
        sock.sendall(wire.request_head("/", key=fresh_key()))
        assert b" 101 " in wire.recv_head(sock)
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


def quiet(w):
    """Ends wstrace, which must have given no verdict."""
    run = w.stop()
    said = [(v["rule"], v["text"], v["evidence"]) for v in run.of("verdict")]
    assert not said, "\n".join(map(str, said))
    return run


@pytest.fixture(params=["websockets", "node", "nginx", "haproxy"])
def watched(request, lab, py_server, node_server):
    """The ports of a server, the one that clients use first."""
    if request.param == "node":
        return [node_server().port]
    backend = py_server().port
    return {"websockets": lambda: [backend],
            "nginx": lambda: [lab.nginx(location(backend)), backend],
            "haproxy": lambda: [lab.haproxy(backend), backend]}[request.param]()


def test_health_checks(wstrace, watched, tcpdump):
    capture = tcpdump(watched[0])
    w = wstrace("-p", ",".join(map(str, watched)), "--only", "open,close,handshake,verdict")
    checks(watched[0])
    talk(watched[0])
    w.wait("close", 9)
    quiet(w)
    assert not of(read("-r", capture.stop(9)), "verdict")


def test_port_scan(wstrace, watched, tcpdump):
    capture = tcpdump(watched[0])
    w = wstrace("-p", ",".join(map(str, watched)), "--only", "open,close,handshake,frame,verdict")
    for i, data in enumerate(PROBES.values()):
        probe(watched[0], data, reset=i % 2 == 1)
    talk(watched[0])
    w.wait("frame", 8, **({"conn": w.wait("response", status=101)[0]["conn"]}))
    run = quiet(w)
    websockets = {e["conn"] for e in run.of("response", status=101)}
    assert {e["conn"] for e in run.frames()} == websockets
    events = read("-r", capture.stop(len(PROBES)))
    assert not of(events, "verdict")
    assert {e["conn"] for e in of(events, "frame")} == {
        e["conn"] for e in of(events, "response", status=101)}


def serve(port, handler):
    """A server of threads, each of which runs handler(socket)."""
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.settimeout(LIMIT)
            try:
                handler(self.request)
            except OSError:
                pass

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def relay(a, b):
    """Copies bytes both ways, until one side ends."""
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    other = threading.Thread(target=copy, args=(b, a))
    other.start()
    copy(a, b)
    other.join(LIMIT)
    b.close()


def forward(sock):
    """A forward proxy: answers CONNECT, then copies."""
    head = wire.recv_head(sock).split()
    to = socket.create_connection(("127.0.0.1", int(head[1].split(b":")[1])), LIMIT)
    sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    relay(sock, to)


@pytest.fixture
def tls(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    return context


def https(context):
    def handler(sock):
        with context.wrap_socket(sock, server_side=True) as secure:
            wire.recv_head(secure)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            secure.recv(1)

    return handler


def test_https_through_connect(wstrace, free_port, tls, tcpdump):
    """Ordinary HTTPS through a forward proxy: TLS where HTTP has been spoken is no mismatch."""
    port, secure = free_port(), free_port()
    servers = serve(port, forward), serve(secure, https(tls))
    capture = tcpdump(port)
    w = wstrace("-p", f"{port},{secure}")
    for _ in range(3):
        subprocess.run([program("curl"), "-sk", "-x", f"http://127.0.0.1:{port}",
                        f"https://127.0.0.1:{secure}/"], check=True, timeout=LIMIT,
                       stdout=subprocess.DEVNULL)
    w.wait("close", 6)
    quiet(w)
    for server in servers:
        server.shutdown()
        server.server_close()
    assert not of(read("-r", capture.stop(3)), "verdict")


def smtp(sock):
    sock.sendall(b"220 mail.example.com ESMTP\r\n")
    while data := sock.recv(4096):
        if data.startswith(b"QUIT"):
            sock.sendall(b"221 Bye\r\n")
            return
        sock.sendall(b"250 OK\r\n")


def dns(sock):
    while head := sock.recv(2):
        data = wire.recv_exactly(sock, struct.unpack("!H", head)[0])
        answer = data[:2] + b"\x81\x80" + data[4:] + bytes(16)
        sock.sendall(struct.pack("!H", len(answer)) + answer)


MAIL = [b"EHLO x\r\n", b"MAIL FROM:<a@example.com>\r\n", b"RCPT TO:<b@example.com>\r\n",
        b"DATA\r\n", b"Subject: hello\r\n\r\nUpgrade: websocket\r\n.\r\n", b"QUIT\r\n"]
QUERY = bytes.fromhex("002112340100000100000000000003777777076578616d706c6503636f6d0000010001")


@pytest.mark.parametrize("handler, sends", [(smtp, MAIL), (dns, [QUERY] * 40)],
                         ids=["smtp", "dns"])
@pytest.mark.parametrize("midstream", [False, True], ids=["begun", "midstream"])
def test_other_protocols(wstrace, free_port, tcpdump, handler, sends, midstream):
    port = free_port()
    server = serve(port, handler)
    sock = wire.connect(port)
    if handler is smtp:
        sock.recv(4096)
    half = len(sends) // 2 if midstream else 0

    def say(lines):
        for line in lines:
            sock.sendall(line)
            sock.recv(4096)

    say(sends[:half])
    capture = tcpdump(port)
    w = wstrace("-p", port)
    if not midstream:
        probe(port, b"")
        sock.close()
        sock = wire.connect(port)
        if handler is smtp:
            sock.recv(4096)
    say(sends[half:])
    sock.close()
    w.wait("close")
    run = quiet(w)
    server.shutdown()
    server.server_close()
    assert not run.frames()
    events = read("-r", capture.stop())
    assert not of(events, "verdict") and not of(events, "frame")


def ordinary(port):
    """Connections with messages and pings each way; they end by Close, by FIN and by going away."""
    for i in range(6):
        ws, answer = ask(port, f"/{i}")
        assert b" 101 " in answer
        for n in range(12):
            ws.send(wire.TEXT, b"x" * (n * 400))
            ws.message()
            ws.send(wire.PING, b"%d" % n)
            while ws.recv()[0] != wire.PONG:
                pass
        if i % 3 == 0:
            ws.send(wire.CLOSE, wire.close_payload(1001))
            wire.recv_eof(ws.sock)
        ws.close()


def packets_of(data):
    """Returns a pcap file's header, and each packet with its own."""
    packets, at = [], 24
    while at < len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at:end])
        at = end
    return data[:24], packets


def test_captures_with_losses(lab, py_server, tcpdump, tmp_path):
    """Whatever packets a capture lacks: what is not there is not judged."""
    backend = py_server().port
    port = lab.nginx(location(backend))
    capture = tcpdump(f"{port} or tcp port {backend}")
    ordinary(port)
    whole = capture.stop(12)
    assert not of(read("-r", whole), "verdict")
    header, packets = packets_of(whole.read_bytes())
    for seed in range(12):
        drop = random.Random(seed)
        share = drop.choice([0.01, 0.05, 0.2, 0.5])
        file = tmp_path / f"lossy-{seed}.pcap"
        file.write_bytes(header + b"".join(p for p in packets if drop.random() > share))
        said = of(read("-r", file), "verdict")
        assert not said, f"seed {seed}, {share}: " + "\n".join(
            f"{v['rule']} {v['text']}" for v in said)
