# SPDX-License-Identifier: GPL-2.0-only
"""A service adds 260 headers to its 101; the client goes on with it."""
from lab import Report, wire

REPORT = Report("oven-sh/bun#43243", "en", never=("bad-101", "lacks"))
MANY = [(f"X-Trace-{i}", "0") for i in range(260)]


def server(peer):
    peer.read_head()
    key = peer.header("Sec-WebSocket-Key")
    peer.raw(
        b"HTTP/1.1 101 Switching Protocols\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in MANY).encode()
        + wire.response_head(accept=wire.accept_key(key)).partition(b"\r\n")[2]
    )
    peer.echo()


def run(lab, broken):
    port = lab.serve(server)
    lab.watch()
    assert lab.talk(port) == 101
