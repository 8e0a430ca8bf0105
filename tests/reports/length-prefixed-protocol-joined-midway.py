# SPDX-License-Identifier: GPL-2.0-only
"""DNS over TCP, OpenVPN, MQTT, joined midway: no WebSocket, so no frames and no verdicts."""
import hashlib
import struct

from lab import Report, wait_until

REPORT = Report("ntop/nDPI#883", "en")


def prefixed(i, n):
    return struct.pack("!H", n) + hashlib.sha512(b"%d" % i).digest()[:n].ljust(n, b"x")


KINDS = [
    [
        struct.pack("!HHH", 45 + i, 7 * i, 0x8580)
        + b"\0\1\0\0\0\0\0\0"
        + b"\3abc" * 8
        + b"x" * (1 + i)
        for i in range(12)
    ],
    [prefixed(i, 42) for i in range(12)],
    [b"\x40\2" + struct.pack("!H", i) for i in range(12)],
    [prefixed(i, 20 + i) for i in range(12)],
]


def check(lab, medium, events, said):
    assert not any(e["type"] == "frame" for e in events), "taken for WebSocket frames"


def run(lab, broken):
    peers = []
    port = lab.serve(lambda peer: (peers.append(peer), peer.wait_end()))
    clients = [lab.connect(port) for _ in KINDS]
    wait_until(lambda: len(peers) == len(KINDS), "the connections")
    lab.watch()
    for i in range(12):
        for peer, client, messages in zip(peers, clients, KINDS):
            peer.raw(messages[i])
            client.sock.recv(200)
    for client in clients:
        client.close()
