# SPDX-License-Identifier: GPL-2.0-only
"""TCP Fast Open: the request comes in the SYN; a WebSocket as any other."""
import socket

from lab import Peer, Report, wire

REPORT = Report(
    "yrutschle/sslh#221",
    "en",
    never=("refused", "early-client-close"),
    not_yet="with both ends here, a Fast Open connection is shown twice",
)


def check(lab, medium, events, said):
    opens = sum(e["type"] == "open" for e in events)
    assert opens == 2, f"{opens} of 2 connections"
    frames = sum(e["type"] == "frame" for e in events)
    assert frames == 8, f"{frames} of 8 frames"


def run(lab, broken):
    a, b = lab.link(5)
    for name in (a, b):
        lab.ip("netns", "exec", name, "sh", "-c", "echo 3 >/proc/sys/net/ipv4/tcp_fastopen")
    with lab.inside(b):
        port = lab.serve(lambda peer: peer.accept().echo(), host="10.9.0.2")
        lab.kept[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
        lab.watch(port, device="far0")
    with lab.inside(a):
        for _ in range(2):  # the first gets the cookie
            sock = socket.socket()
            sock.sendto(wire.request_head("/ws"), socket.MSG_FASTOPEN, ("10.9.0.2", port))
            with Peer(sock, True) as client:
                assert client.answer()[0] == 101
                client.chat("hello")
                client.goodbye()
