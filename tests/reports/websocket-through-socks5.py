# SPDX-License-Identifier: GPL-2.0-only
"""A WebSocket through a SOCKS5 proxy: with all its frames, and no word about it."""
import socket
import threading

from lab import Report, wire

REPORT = Report(
    "websockets/ws#1546", "en", never=("tls-mismatch", "proxy-protocol", "bad-request-line")
)


def check(lab, medium, events, said):
    frames = sum(e["type"] == "frame" for e in events)
    assert frames == 4, f"{frames} of 4 frames"


def pump(a, b):
    while data := a.recv(65536):
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)


def socks(peer):
    assert wire.recv_exactly(peer.sock, 3) == b"\5\1\0"
    peer.raw(b"\5\0")
    port = int.from_bytes(wire.recv_exactly(peer.sock, 10)[8:], "big")
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        peer.raw(b"\5\0\0\1\0\0\0\0\0\0")
        other = threading.Thread(target=pump, args=(peer.sock, upstream), daemon=True)
        other.start()
        pump(upstream, peer.sock)
        other.join()


def run(lab, broken):
    server, proxy = lab.ws(), lab.serve(socks)
    lab.watch(proxy)
    with lab.connect(proxy) as client:
        client.raw(b"\5\1\0")
        assert wire.recv_exactly(client.sock, 2) == b"\5\0"
        client.raw(b"\5\1\0\1\x7f\0\0\1" + server.to_bytes(2, "big"))
        assert wire.recv_exactly(client.sock, 10)[1] == 0
        assert client.upgrade()[0] == 101
        client.chat("hello")
        client.goodbye()
