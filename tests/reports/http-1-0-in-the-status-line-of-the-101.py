# SPDX-License-Identifier: GPL-2.0-only
"""Chrome rejects the 101 of a server that was made of Python's http.server."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "stackoverflow: Error during WebSocket handshake: Invalid status line, HTTP/1.0 101",
    "en",
    # The 101 says HTTP/1.0; the protocol wants 1.1, and browsers reject the answer.
    right=Verdict("bad-101", says=(r"1\.0",)),
    never=("subprotocol", "extension", "bad-accept", "upstream-http10", "no-goodbye"),
)


def run(lab, broken):
    def old(peer):
        peer.read_head()
        head = wire.response_head((), wire.accept_key(peer.header("Sec-WebSocket-Key")))
        peer.raw(head.replace(b"HTTP/1.1", b"HTTP/1.0") if broken else head)
        peer.echo()

    port = lab.serve(old)
    lab.watch()
    if not broken:
        assert lab.talk(port) == 101
        return
    with lab.connect(port) as client:
        assert client.upgrade("/ws", {"Origin": "http://a.example"})[0] == 101
        client.abort()
