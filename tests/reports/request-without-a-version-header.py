# SPDX-License-Identifier: GPL-2.0-only
"""The client sends no Sec-WebSocket-Version; node's ws answers 400."""
from lab import Report, Verdict, wire

RIGHT = Verdict("bad-version", says=("Sec-WebSocket-Version", "no |missing|without|lacks"))
REPORT = Report(
    "mattgodbolt/seasocks#131",
    "en",
    right=RIGHT,
    never=("auth", "bad-key", "bad-request-line"),
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    with lab.connect(port) as client:
        head = wire.request_head("/ws")
        client.raw(head.replace(b"Sec-WebSocket-Version: 13\r\n", b"") if broken else head)
        assert client.answer()[0] == (400 if broken else 101)
        if not broken:
            client.chat("hello")
            client.goodbye()
