#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Captures made by hand, the same bytes each time: tests/golden/captures.py FOLDER writes them.

Each is a function that returns a pcap file's bytes; CAPTURES names them all. Checksums are zero:
nothing that reads these files looks at them.
"""
import pathlib
import socket
import struct
import sys

START = 1_767_323_045_000_000  # 2026-01-02 03:04:05 UTC, in us
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
CLIENT, SERVER = 0, 1

KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3
MASK = b"\x01\x02\x03\x04"


class Capture:
    """Packets on an Ethernet, in the order of their times."""

    def __init__(self):
        self.packets = []

    def add(self, seconds, ip, ethertype):
        at = START + round(seconds * 1_000_000)
        self.packets.append((at, b"\x02" * 6 + b"\x04" * 6 + struct.pack(">H", ethertype) + ip))

    def pcap(self):
        out = [struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)]
        for at, p in sorted(self.packets, key=lambda x: x[0]):
            out.append(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(p), len(p)) + p)
        return b"".join(out)


class Tcp:
    """One connection: keeps both ends' sequence numbers."""

    def __init__(self, capture, client=("192.0.2.1", 5000), server=("192.0.2.2", 80)):
        self.capture, self.ends = capture, (client, server)
        self.seq = [1000, 5000]  # of the next byte

    def segment(self, t, side, flags, data=b"", seq=None):
        """Sends bytes; with seq they are some that were sent before, or come later."""
        if seq is None:
            seq = self.seq[side]
            self.seq[side] += len(data) + bool(flags & (SYN | FIN))
        tcp = struct.pack(">HHIIBBHHH", self.ends[side][1], self.ends[not side][1], seq,
                          self.seq[not side] if flags & ACK else 0, 5 << 4, flags, 64000, 0, 0)
        src, dst = self.ends[side][0], self.ends[not side][0]
        if ":" in src:
            ip = struct.pack(">IHBB", 6 << 28, len(tcp) + len(data), 6, 64)
            ip += socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
        else:
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp) + len(data), 0, 0, 64, 6, 0)
            ip += socket.inet_aton(src) + socket.inet_aton(dst)
        self.capture.add(t, ip + tcp + data, 0x86dd if ":" in src else 0x0800)

    def opens(self, t):
        self.segment(t, CLIENT, SYN)
        self.segment(t + 0.0002, SERVER, SYN | ACK)
        self.segment(t + 0.0004, CLIENT, ACK)

    def client(self, t, data):
        self.segment(t, CLIENT, PSH | ACK, data)

    def server(self, t, data):
        self.segment(t, SERVER, PSH | ACK, data)

    def fin(self, t, side):
        self.segment(t, side, FIN | ACK)
        self.segment(t + 0.001, not side, ACK)

    def closes(self, t, first=CLIENT):
        self.fin(t, first)
        self.fin(t + 0.002, 1 - first)


def frame(b0, payload, mask=None):
    """One of less than 65,536 bytes."""
    n = len(payload)
    size = bytes([n]) if n < 126 else struct.pack(">BH", 126, n)
    if mask:
        size = bytes([size[0] | 0x80]) + size[1:] + mask
        payload = bytes(c ^ mask[i % 4] for i, c in enumerate(payload))
    return bytes([b0]) + size + payload


def head(first, *headers):
    return "\r\n".join([first, *headers, "", ""]).encode("latin-1")


def request(target="/ws", *headers):
    return head(f"GET {target} HTTP/1.1", "Host: example.com", "Upgrade: websocket",
                "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13",
                *headers)


def accepted(*headers):
    return head("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Accept: {ACCEPT}", *headers)


GREETING = frame(0x81, b"hello", MASK)
ANSWER = frame(0x81, b"hello")


def close_frame(code, reason=b"", mask=None):
    return frame(0x88, struct.pack(">H", code) + reason, mask)


def unmasked():
    """A client's frame without a mask, behind good ones."""
    capture = Capture()
    c = Tcp(capture)
    c.opens(0)
    c.client(0.01, request())
    c.server(0.02, accepted())
    for i in range(3):
        c.client(0.1 + i / 10, GREETING)
        c.server(0.15 + i / 10, ANSWER)
    c.client(0.5, ANSWER)
    c.closes(0.6)
    return capture.pcap()


def half_closed():
    """The server has ended; the client does so a minute later."""
    capture = Capture()
    c = Tcp(capture)
    c.opens(0)
    c.client(0.01, request())
    c.server(0.02, accepted())
    c.client(0.9, GREETING)
    c.server(1.0, ANSWER)
    c.fin(1.5, SERVER)
    c.fin(61.4, CLIENT)
    return capture.pcap()


def long_head():
    """A request head of 20,142 bytes, of which 16,384 are kept."""
    capture = Capture()
    c = Tcp(capture)
    text = request("/ws", *(f"X-A{i:03}: " + "y" * 90 for i in range(200)))
    text = text.replace(b"example.com", b"a")
    assert len(text) == 20142
    c.opens(0)
    for i in range(0, len(text), 1000):
        c.client(0.01 + i / 10_000_000, text[i:i + 1000])
    c.server(0.02, accepted())
    c.client(0.1, GREETING)
    c.server(0.15, ANSWER)
    c.client(0.2, GREETING)
    c.client(0.3, close_frame(1000, mask=MASK))
    c.server(0.31, close_frame(1000))
    c.closes(0.32)
    return capture.pcap()


def no_upgrade():
    """A GET that has a key and does not ask for an upgrade."""
    capture = Capture()
    c = Tcp(capture)
    c.opens(0)
    c.client(0.01, head("GET /ws HTTP/1.1", "Host: example.com", f"Sec-WebSocket-Key: {KEY}",
                        "Sec-WebSocket-Version: 13"))
    c.server(0.02, head("HTTP/1.1 400 Bad Request", "Content-Length: 0"))
    c.closes(0.03)
    return capture.pcap()


def chain_leg(c, t, *headers):
    """What both legs of the proxy carry, this one from t on."""
    c.opens(t)
    c.client(t + 0.001, request("/chat?token=s3cret&room=1", "Cookie: session=s3cret",
                                "Authorization: Bearer s3cret", "Sec-WebSocket-Protocol: chat",
                                "Sec-WebSocket-Extensions: permessage-deflate", *headers))


def chain_talk(c, t):
    """Fragments, pings, compression, and segments that come twice and in the wrong order."""
    c.client(t, frame(0x01, b"one ", MASK))
    c.client(t + 0.02, frame(0x89, b"are you there?", MASK))
    c.client(t + 0.04, frame(0x00, b"message in ", MASK) + frame(0x80, b"three parts", MASK))
    c.server(t + 0.05, frame(0x8a, b"are you there?"))
    c.client(t + 0.10, frame(0xc1, bytes.fromhex("f248cdc9c90700"), MASK))  # RFC 7692, 7.2.3
    c.server(t + 0.12, frame(0xc1, bytes.fromhex("f248cdc9c90700")))
    c.server(t + 0.13, frame(0xc1, bytes.fromhex("f200110000")))  # the same out of the window
    data = frame(0x82, bytes(i * 7 & 0xff for i in range(3500)))
    seq, parts = c.seq[SERVER], [data[i:i + 1200] for i in range(0, len(data), 1200)]
    c.server(t + 0.20, parts[0])
    c.segment(t + 0.21, SERVER, PSH | ACK, parts[2], seq + 2400)
    c.segment(t + 0.22, SERVER, PSH | ACK, parts[1], seq + 1200)
    c.segment(t + 0.25, SERVER, PSH | ACK, parts[1], seq + 1200)
    c.seq[SERVER] = seq + len(data)
    c.client(t + 0.30, frame(0x81, "<b>\x1b[31mr\u00e9d</b> & \u2028\0".encode(), MASK))
    c.server(t + 0.40, frame(0x89, b""))
    c.client(t + 0.45, frame(0x8a, b"", MASK))


def chain():
    """A proxy's two legs and, beside them, much of what else a capture can hold."""
    capture = Capture()
    front = Tcp(capture, ("203.0.113.7", 50000), ("198.51.100.5", 80))
    back = Tcp(capture, ("198.51.100.5", 40000), ("192.0.2.9", 9588))
    chain_leg(front, 0, "User-Agent: \x1b]0;title\x07<script>alert(1)</script>", "X-Latin: \xe9")
    chain_leg(back, 0.01, "X-Forwarded-For: 203.0.113.7")
    back.server(0.05, accepted("Sec-WebSocket-Protocol: chat", "Set-Cookie: id=s3cret",
                               "Sec-WebSocket-Extensions: permessage-deflate"))
    front.server(0.06, accepted("Sec-WebSocket-Protocol: chat", "Set-Cookie: id=s3cret",
                                "Sec-WebSocket-Extensions: permessage-deflate"))
    chain_talk(front, 1.0)
    chain_talk(back, 1.005)
    for c, t in ((back, 2.0), (front, 2.005)):
        c.server(t, close_frame(1001, b"going \x07away"))
        c.client(t + 0.02, close_frame(1001, mask=MASK))
        c.closes(t + 0.03, SERVER)
    refused = Tcp(capture, ("203.0.113.7", 50001), ("198.51.100.5", 80))
    refused.opens(3)
    refused.client(3.01, request("/admin?key=s3cret"))
    refused.server(3.02, head("HTTP/1.1 403 Forbidden", "Set-Cookie: id=s3cret",
                              "Content-Length: 6") + b"go\r\n\x1b!")
    refused.segment(3.1, CLIENT, RST | ACK)
    tls = Tcp(capture, ("203.0.113.7", 50002), ("198.51.100.5", 443))
    tls.opens(4)
    tls.client(4.01, b"\x16\x03\x01\x00\x04\x01\x00\x00\x00")
    tls.server(4.02, b"\x15\x03\x03\x00\x02\x02\x28")
    tls.closes(4.03, SERVER)
    midway = Tcp(capture, ("2001:db8::7", 50003), ("2001:db8::5", 80))
    for i in range(10):
        if i == 4:  # a frame, and the next one's header, were not captured
            midway.seq[CLIENT] += len(GREETING) + 6
            midway.client(5 + i / 10, GREETING[6:])
        else:
            midway.client(5 + i / 10, GREETING)
        midway.server(5.05 + i / 10, frame(0x82, b"\0" * 300))
    midway.segment(6, SERVER, RST | ACK)
    return capture.pcap()


CAPTURES = {f.__name__: f for f in (unmasked, half_closed, long_head, no_upgrade, chain)}

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, make in CAPTURES.items():
        (pathlib.Path(sys.argv[1]) / f"{name}.pcap").write_bytes(make())
