# SPDX-License-Identifier: GPL-2.0-only
"""A client library of two layers sends Sec-WebSocket-Key twice; node's ws answers 400."""
from lab import Report, Verdict, wire

RIGHT = Verdict("bad-key bad-header", says=("Sec-WebSocket-Key", "twice|two|2 |more than one"))
REPORT = Report(
    "netty/netty#7973", "en", right=RIGHT, never=("auth", "no-key", "16 bytes in base64$")
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    with lab.connect(port) as client:
        more = [("Sec-WebSocket-Key", wire.KEY[::-1])] if broken else []
        assert client.upgrade("/ws", more)[0] == (400 if broken else 101)
        if not broken:
            client.chat("hello")
            client.goodbye()
