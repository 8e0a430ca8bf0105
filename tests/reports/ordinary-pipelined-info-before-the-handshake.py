# SPDX-License-Identifier: GPL-2.0-only
"""A client asks for /info and for the WebSocket in one segment; both are answered."""
from lab import Report
import wire
from diag_lab import fresh_key

REPORT = Report("sockjs clients over keep-alive: an ordinary set-up", "en", right=None)


def check(lab, medium, events, said):
    assert any("'/ws'" in str(e) for e in events)


def run(lab, broken):
    port = lab.node(
        """const s = http.createServer((q, r) => r.end('{"websocket":true}'));
        new WebSocket.Server({ server: s }).on('connection', ws => ws.on('message', m =>
            ws.send(m)));
        s.listen(PORT, '127.0.0.1');"""
    )
    lab.watch()
    with lab.connect(port) as client:
        client.raw(
            b"GET /ws/info HTTP/1.1\r\nHost: localhost\r\n\r\n"
            + wire.request_head("/ws", key=fresh_key())
        )
        status, headers = client.answer()
        assert status == 200
        body = b""
        while b"true}" not in body:
            body += client.sock.recv(1)
        while not body.endswith(b"}"):
            body += client.sock.recv(1)
        if "transfer-encoding" in headers:
            while not body.endswith(b"0\r\n\r\n"):
                body += client.sock.recv(1)
        assert client.answer()[0] == 101
        client.chat("hello")
        client.goodbye()
