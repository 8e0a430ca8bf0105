# SPDX-License-Identifier: GPL-2.0-only
"""Two Sec-WebSocket-Protocol lines, two offers of permessage-deflate, names in small letters."""
from lab import Report, location
from diag_lab import fresh_key

REPORT = Report(
    "lists in several lines, RFC 6455 section 9.1: an ordinary handshake", "en", right=None
)


def run(lab, broken):
    back = lab.ws(
        options="perMessageDeflate: { threshold: 1e6 }, handleProtocols: p => 'superchat'"
    )
    front = lab.nginx(location(back))
    lab.watch()
    with lab.connect(front) as client:
        client.raw(
            "GET /ws HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n"
            "sec-websocket-protocol: chat, oldchat\r\nsec-websocket-protocol: superchat\r\n"
            "sec-websocket-extensions: permessage-deflate; server_max_window_bits=10\r\n"
            "sec-websocket-extensions: permessage-deflate, x-webkit-deflate-frame\r\n"
            f"sec-websocket-key: {fresh_key()}\r\nsec-websocket-version: 13\r\n\r\n"
        )
        status, headers = client.answer()
        assert status == 101 and headers["sec-websocket-protocol"] == "superchat", (status, headers)
        client.chat("hello")
        client.goodbye()
