# SPDX-License-Identifier: GPL-2.0-only
"""Server-sent events and long polling live beside the WebSocket, on the same nginx and node."""

from lab import UPGRADE, Report, location

REPORT = Report(
    "EventSource, long polling and WebSocket on one port: an ordinary set-up", "en", right=None
)


def run(lab, broken):
    back = lab.node(
        """const s = http.createServer((q, r) => {
            if (q.url == '/events') { r.writeHead(200, { 'Content-Type': 'text/event-stream' });
                const t = setInterval(() => r.write('data: tick\\n\\n'), 200); q.on('close',
                    () => clearInterval(t)); }
            else setTimeout(() => r.end('nothing new'), 1200); });
        new WebSocket.Server({ server: s }).on('connection', ws => ws.on('message', m =>
            ws.send(String(m))));
        s.listen(PORT, '127.0.0.1');"""
    )
    front = lab.nginx(location(back, more=UPGRADE + " proxy_buffering off;"))
    lab.watch()
    stream, poll = lab.connect(front), lab.connect(front)
    stream.raw("GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n")
    assert stream.answer()[0] == 200
    for _ in range(2):
        poll.raw("GET /poll?since=7 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert lab.talk(front) == 101
        assert poll.answer()[0] == 200
        poll.sock.recv(4096)
    stream.abort()
    poll.close()
