# SPDX-License-Identifier: GPL-2.0-only
"""Firefox sends "Connection: keep-alive, Upgrade"; nginx and node take it."""
from lab import Report, location
from diag_lab import fresh_key

REPORT = Report("Firefox through nginx: an ordinary set-up", "en", right=None)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    for tokens in ("keep-alive, Upgrade", "Upgrade, keep-alive", "upgrade"):
        with lab.connect(front) as client:
            client.raw(
                "GET /ws HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Mozilla/5.0 Firefox/120\r\n"
                "Accept-Encoding: gzip, deflate, br\r\nOrigin: http://a.example\r\n"
                f"Connection: {tokens}\r\nUpgrade: websocket\r\nPragma: no-cache\r\n"
                "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-Fetch-Mode: websocket\r\n"
                f"Sec-WebSocket-Key: {fresh_key()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            assert client.answer()[0] == 101
            client.chat("hello")
            client.goodbye()
