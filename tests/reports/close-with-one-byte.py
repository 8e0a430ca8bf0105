# SPDX-License-Identifier: GPL-2.0-only
"""A hand-made server sends a Close frame with a single byte in it; node's ws fails with 1002."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "websockets/ws: RangeError: Invalid WebSocket frame: invalid payload length 1",
    "en",
    right=Verdict("bad-close bad-frame", says=("Close", "1 byte|one byte|length|code")),
    never=("app-error", "backend-restart", "bad-utf8", "http-after-101", "extension"),
)


def run(lab, broken):
    def server(peer):
        peer.accept()
        op, payload, _ = peer.recv()
        peer.send(op, payload)
        peer.send(wire.CLOSE, b"\x03" if broken else b"\x03\xe8")
        peer.recv()

    port = lab.serve(server)
    lab.watch()
    said = lab.ask_node(
        """const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws');
        ws.on('open', () => ws.send('hello'));
        ws.on('close', c => console.log('closed', c));
        ws.on('error', e => console.log('error', e.message));""",
        port,
    )
    assert ("error" in said) == broken, said
