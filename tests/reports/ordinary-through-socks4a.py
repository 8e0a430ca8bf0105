# SPDX-License-Identifier: GPL-2.0-only
"""A client comes through a SOCKS4a proxy (ssh -D, Tor); all is well."""
import socket
import struct
import threading

from lab import Report

REPORT = Report("curl --socks4a, Tor's port: an ordinary set-up", "en", right=None,
    not_yet="the handshake behind SOCKS4a is not shown")


def check(lab, medium, events, said):
    opened = [e for e in events if "'/ws'" in str(e)]
    assert len(opened) >= 2, "the handshake behind SOCKS4a was not shown on both legs"


def pump(a, b):
    try:
        while data := a.recv(4096):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def run(lab, broken):
    back = lab.ws()

    def socks(peer):
        assert peer.sock.recv(8)[0] == 4
        while not peer.sock.recv(64).endswith(b"\0"):
            pass
        up = socket.create_connection(("127.0.0.1", back))
        peer.raw(b"\0\x5a" + bytes(6))
        other = threading.Thread(target=pump, args=(up, peer.sock), daemon=True)
        other.start()
        pump(peer.sock, up)
        other.join(5)
        up.close()

    front = lab.serve(socks)
    lab.watch()
    with lab.connect(front) as client:
        client.raw(b"\x04\x01" + struct.pack("!H", back) + b"\0\0\0\x01")
        client.raw(b"user\0localhost\0")
        assert client.sock.recv(8)[1] == 0x5A
        assert client.upgrade()[0] == 101
        client.chat("hello", "you")
        client.goodbye()
