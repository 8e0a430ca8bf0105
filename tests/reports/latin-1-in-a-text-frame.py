# SPDX-License-Identifier: GPL-2.0-only
"""A client sends Latin-1 in text frames; node's ws closes with 1007."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "websockets/ws: Invalid WebSocket frame: invalid UTF-8 sequence",
    "en",
    right=Verdict("bad-utf8", says=("UTF-8",)),
    never=("extension", "rsv-not-agreed", "app-error", "policy", "bad-close"),
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        client.send(wire.TEXT, "Grüße aus Köln".encode("latin-1" if broken else "utf-8"))
        if broken:
            op, payload, _ = client.recv()
            assert (op, payload[:2]) == (wire.CLOSE, b"\x03\xef")
            client.send(op, payload)
            client.wait_end()
        else:
            client.message()
            client.goodbye()
