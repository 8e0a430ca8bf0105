# SPDX-License-Identifier: GPL-2.0-only
"""WebSocket and HTTP by hand, on plain sockets: tests decide on each byte."""
import base64
import hashlib
import os
import socket
import struct

from conftest import LIMIT

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 section 1.3
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NAMES = {0: "cont", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


def accept_key(key=KEY):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def request_head(target="/", headers=(), key=KEY, host="localhost"):
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket",
             "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def response_head(headers=(), accept=None):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Accept: {accept or accept_key()}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def frame(opcode, payload=b"", fin=True, rsv=0, mask=None):
    """Returns the bytes of a frame (RFC 6455 section 5.2). mask: 4 bytes, or None."""
    n = len(payload)
    out = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if n < 126:
        out += bytes([bit | n])
    elif n < 65536:
        out += struct.pack("!BH", bit | 126, n)
    else:
        out += struct.pack("!BQ", bit | 127, n)
    if mask:
        pad = (mask * (n // 4 + 1))[:n]
        key = int.from_bytes(pad, "big")
        payload = (int.from_bytes(payload, "big") ^ key).to_bytes(n, "big")
        out += mask
    return out + payload


def close_payload(code, reason=""):
    return struct.pack("!H", code) + reason.encode()


def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        got = sock.recv(n - len(data))
        if not got:
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += got
    return data


def recv_head(sock):
    """Reads a head, byte by byte, so that what follows stays in the socket."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += recv_exactly(sock, 1)
    return head


def recv_eof(sock):
    """Reads to the end of the stream."""
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        pass


def expected(hdr, length, **more):
    """Returns the fields that the event of this frame header must have."""
    if isinstance(hdr, str):
        hdr = bytes.fromhex(hdr)
    want = {"opcode": hdr[0] & 15, "fin": bool(hdr[0] & 0x80), "rsv": hdr[0] >> 4 & 7,
            "masked": bool(hdr[1] & 0x80), "len": length, "hdr_len": len(hdr)}
    want["op"] = NAMES.get(want["opcode"], f"op{want['opcode']}")
    if want["masked"]:
        want["mask"] = hdr[-4:].hex()
    want.update(more)
    return want


def same(events, wants):
    """Asserts that the frame events are the expected ones, in their order."""
    got = [{k: e.get(k) for k in w} for e, w in zip(events, wants)]
    assert got == wants[:len(got)]
    assert len(events) == len(wants)


class Ws:
    """One end of a WebSocket connection that keeps a list of the frames it sent."""

    def __init__(self, sock, client):
        sock.settimeout(LIMIT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.client, self.sent = sock, client, []

    def frame(self, opcode, payload=b"", fin=True, rsv=0, mask=None):
        """Returns a frame's bytes, and adds it to the list of sent frames."""
        if isinstance(payload, str):
            payload = payload.encode()
        if mask is None and self.client:
            mask = os.urandom(4)
        data = frame(opcode, payload, fin, rsv, mask)
        self.sent.append(expected(data[:len(data) - len(payload)], len(payload)))
        return data

    def send(self, *args, **kw):
        self.sock.sendall(self.frame(*args, **kw))

    def recv(self):
        """Returns opcode, payload, first byte."""
        b0, b1 = recv_exactly(self.sock, 2)
        n = b1 & 127
        if n == 126:
            n, = struct.unpack("!H", recv_exactly(self.sock, 2))
        elif n == 127:
            n, = struct.unpack("!Q", recv_exactly(self.sock, 8))
        mask = recv_exactly(self.sock, 4) if b1 & 128 else b""
        payload = recv_exactly(self.sock, n)
        if mask:
            payload = bytes(c ^ mask[i & 3] for i, c in enumerate(payload))
        return b0 & 15, payload, b0

    def message(self):
        """Returns the next message's payload; answers pings."""
        data = b""
        while True:
            op, payload, b0 = self.recv()
            if op == PING:
                self.send(PONG, payload)
            if op in (PING, PONG):
                continue
            if op == CLOSE:
                raise EOFError(f"close {payload!r}")
            data += payload
            if b0 & 128:
                return data

    def close(self):
        self.sock.close()


def connect(port, host="127.0.0.1"):
    return socket.create_connection((host, port), timeout=LIMIT)


def ws_connect(port, target="/", headers=(), host="127.0.0.1"):
    """A client's end, behind the handshake."""
    sock = connect(port, host)
    sock.sendall(request_head(target, headers))
    ws = Ws(sock, True)
    ws.head = recv_head(sock)
    assert b" 101 " in ws.head.split(b"\r\n")[0], ws.head
    return ws


class Pair:
    """Both ends of a loopback connection, in this process and this thread."""

    def __init__(self, port, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(1)
            client = connect(port, host)
            server, _ = listener.accept()
        self.c, self.s = Ws(client, True), Ws(server, False)

    def request(self, data):
        """Sends a whole head from the client, and reads it at the server."""
        self.c.sock.sendall(data)
        assert recv_head(self.s.sock) == data

    def response(self, data):
        self.s.sock.sendall(data)
        assert recv_head(self.c.sock) == data

    def upgrade(self, target="/", headers=(), response_headers=()):
        self.request(request_head(target, headers))
        self.response(response_head(response_headers))
        return self

    def c2s(self, *args, **kw):
        """Sends a frame from the client, and reads it at the server."""
        self.c.send(*args, **kw)
        return self.s.recv()

    def s2c(self, *args, **kw):
        self.s.send(*args, **kw)
        return self.c.recv()

    def close(self):
        """Closes both ends, the client's first, with FIN both ways."""
        self.c.sock.shutdown(socket.SHUT_WR)
        recv_eof(self.s.sock)
        self.s.close()
        recv_eof(self.c.sock)
        self.c.close()


def flood(pair, n):
    """Sends n empty frames from the server and reads them at the client, without adding them to the list."""
    while n:
        data = b"\x82\x00" * min(n, 1000)
        pair.s.sock.sendall(data)
        recv_exactly(pair.c.sock, len(data))
        n -= len(data) // 2
