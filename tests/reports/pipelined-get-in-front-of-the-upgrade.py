# SPDX-License-Identifier: GPL-2.0-only
"""A GET and the upgrade are sent together; the 200 is the answer to the first."""
from lab import Report, wire

REPORT = Report("oven-sh/bun#43441", "en", never=("refused",))


def server(peer):
    peer.read_head()
    peer.refuse("200 OK", "ok")
    peer.read_head()
    peer.accept().echo()


def run(lab, broken):
    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        client.raw(b"GET /a HTTP/1.1\r\nHost: ws.example\r\n\r\n" + wire.request_head("/chat"))
        assert client.answer()[0] == 200 and client.sock.recv(2) == b"ok"
        assert client.answer()[0] == 101
        client.chat("hello")
        client.goodbye()
