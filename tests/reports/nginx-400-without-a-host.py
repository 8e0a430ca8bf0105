# SPDX-License-Identifier: GPL-2.0-only
"""An embedded client sends no Host header, and nginx answers 400."""
from lab import Report, Verdict, location
from diag_lab import fresh_key

REPORT = Report(
    "gilmaimon/ArduinoWebsockets: 400 Bad Request from nginx",
    "en",
    # HTTP/1.1 needs a Host header, this request has none, and nginx refused it.
    right=Verdict("bad-header refused", says=("Host",)),
    never=("auth", "origin-403", "too-large-head", "no-key", "tls-mismatch", "upstream-down"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    with lab.connect(front) as client:
        client.raw(
            "GET /ws HTTP/1.1\r\n"
            + ("" if broken else "Host: a.example\r\n")
            + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {fresh_key()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert client.answer()[0] == (400 if broken else 101)
        if not broken:
            client.chat("hello")
            client.goodbye()
