# SPDX-License-Identifier: GPL-2.0-only
"""net::ERR_CONNECTION_RESET in the handshake, for users with long cookies."""
from lab import Report, Verdict

REPORT = Report(
    "hoaproject/Websocket#72", "en",
    # The server reads 2048 bytes and misses the key that comes behind them.
    right=Verdict("too-large-head", certainty="likely", says=("cookie|bytes",), also="reset"),
    never=("upstream-down", "no-key", "half-open", "early-client-close"),
    not_yet="the file of -w keeps no head that was not read to its end",
)


def run(lab, broken):
    def hoa(peer):
        if broken:
            start = peer.sock.recv(2048)
            if b"Sec-WebSocket-Key" not in start:
                peer.abort()
                return
            peer.head = start
        peer.accept().echo()

    def ask(size):
        with lab.connect(server) as client:
            client.raw("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                       f"Upgrade: websocket\r\nCookie: session={'x' * size}\r\n"
                       "Sec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            status, _ = client.answer()
            if status == 101:
                client.chat("hello")
                client.goodbye()
            return status

    server = lab.serve(hoa)
    lab.watch()
    assert ask(100) == 101
    for _ in range(2):
        assert ask(2600) == (0 if broken else 101)
