# SPDX-License-Identifier: GPL-2.0-only
"""Changes what tcpdump wrote on lo, as other places would have written it."""
import struct

HEAD = 24


def read(path):
    """Returns [[nanoseconds, Ethernet frame], ...] of a pcap file."""
    data, at, packets = path.read_bytes(), HEAD, []
    while at + 16 <= len(data):
        seconds, micros, caught, _ = struct.unpack_from("<IIII", data, at)
        packets.append([seconds * 10**9 + micros * 1000, data[at + 16:at + 16 + caught]])
        at += 16 + caught
    return packets


def write(path, packets, snaplen=262144):
    out = path.read_bytes()[:HEAD]
    for ns, frame in packets:
        cut = frame[:snaplen]
        out += struct.pack("<IIII", ns // 10**9, ns % 10**9 // 1000, len(cut), len(frame)) + cut
    path.write_bytes(out)


def ports(frame):
    """The source's and the destination's, of TCP over IPv4."""
    return struct.unpack_from("!HH", frame, 14 + (frame[14] & 15) * 4)


def payload(frame):
    """What TCP carries in it."""
    tcp = 14 + (frame[14] & 15) * 4
    return frame[tcp + (frame[tcp + 12] >> 4) * 4:]


def checksum(b):
    n = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


def ipv4(protocol, payload):
    """A packet of 192.0.2.1 to 192.0.2.2."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0,
                       b"\xc0\0\2\1", b"\xc0\0\2\2")
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ethernet(packet, kind=0x0800):
    return b"\2\0\0\0\0\2\2\0\0\0\0\1" + struct.pack("!H", kind) + packet


def routed(frame):
    """The same packet behind a router: its time to live is one less."""
    head = frame[14:22] + bytes([frame[22] - 1]) + frame[23:24] + b"\0\0" + frame[26:34]
    return frame[:14] + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + frame[34:]
