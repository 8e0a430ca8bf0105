# SPDX-License-Identifier: GPL-2.0-only
"""A device ends its lines with LF alone, and its server takes that: it works."""
from lab import Report, wire

REPORT = Report("machinezone/IXWebSocket#603", "en", never=("bad-request-line", "refused"))


def server(peer):
    head = b""
    while not head.endswith(b"\n\n"):
        head += peer.sock.recv(1)
    peer.raw(wire.response_head().replace(b"\r\n", b"\n"))
    peer.echo()


def run(lab, broken):
    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        client.raw(wire.request_head("/device").replace(b"\r\n", b"\n"))
        head = b""
        while not head.endswith(b"\n\n"):
            head += client.sock.recv(1)
        client.chat("hello")
        client.goodbye()
