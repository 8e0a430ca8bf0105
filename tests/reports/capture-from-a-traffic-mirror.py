# SPDX-License-Identifier: GPL-2.0-only
"""Traffic mirrored in VXLAN, GENEVE, GTP-U, GRE, ERSPAN, IP in IP, MPLS or PPPoE is looked into."""
import struct

import capture
from capture import ethernet, ipv4
from lab import Report

REPORT = Report("elastic/beats#34819", "en")


def udp(port, packet):
    return ethernet(ipv4(17, struct.pack("!HHHH", 33333, port, 8 + len(packet), 0) + packet))


def gre(kind, packet, flags=0, more=b""):
    return ethernet(ipv4(47, struct.pack("!HH", flags, kind) + more + packet))


WRAPS = [
    lambda p: udp(4789, b"\x08\0\0\0\0\0\x05\0" + ethernet(p)),
    lambda p: udp(6081, b"\0\0\x65\x58\0\0\x05\0" + ethernet(p)),
    lambda p: udp(2152, b"\x30\xff" + struct.pack("!HI", len(p), 7) + p),
    lambda p: gre(0x0800, p),
    lambda p: gre(0x88BE, ethernet(p), 0x1000, b"\0\0\0\1" + b"\x10\5\0\7\0\0\0\0"),
    lambda p: ethernet(ipv4(4, p)),
    lambda p: ethernet(struct.pack("!I", 100 << 12 | 1 << 8 | 64) + p, 0x8847),
    lambda p: ethernet(b"\x11\0\0\1" + struct.pack("!H", len(p) + 2) + b"\0\x21" + p, 0x8864),
    lambda p: ethernet(b"\0\0\0\1\0\0\x08\0" + p, 0x893F),
]


def edit(dump):
    """Each connection goes through a tunnel of its own."""
    packets = capture.read(dump)
    clients = {}
    for packet in packets:
        client = max(capture.ports(packet[1]))
        wrap = WRAPS[clients.setdefault(client, len(clients))]
        packet[1] = wrap(packet[1][14:])
    assert len(clients) == len(WRAPS)
    capture.write(dump, packets)


def check(lab, medium, events, said):
    missing = len(WRAPS) * 4 - sum(e["type"] == "frame" for e in events)
    assert not missing or (
        medium == "dump" and "left out" in said
    ), f"{missing} frames missing in silence: {said}"


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    for _ in WRAPS:
        assert lab.talk(port) == 101
