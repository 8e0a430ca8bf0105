# SPDX-License-Identifier: GPL-2.0-only
"""Behind the 101 a gateway puts the server's frames into chunked coding: Invalid frame header."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "nodejs/undici forum: websocket behind a gateway, one or more reserved bits are on",
    "en",
    # Behind the 101 come the lines of chunked coding (a length in hexadecimal, CR LF), not frames.
    right=Verdict("http-after-101 bad-frame rsv-not-agreed", says=("chunk|HTTP|text",)),
    never=("extension", "mask-s2c", "app-error", "compress|deflate", "backend-restart"),
    not_yet="chunk lines are told as RSV bits",
)


def run(lab, broken):
    def gateway(peer):
        peer.accept()
        if not broken:
            peer.echo()
            return
        data = wire.frame(wire.TEXT, b"hello, here is the first message of today")
        peer.raw(b"%x\r\n" % len(data) + data + b"\r\n")
        peer.wait_end()

    port = lab.serve(gateway)
    lab.watch()
    if not broken:
        assert lab.talk(port) == 101
        return
    said = lab.ask_node(
        """const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws');
        ws.on('error', e => console.log('error', e.message));""",
        port,
    )
    assert "error" in said, said
