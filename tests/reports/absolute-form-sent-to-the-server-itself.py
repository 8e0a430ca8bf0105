# SPDX-License-Identifier: GPL-2.0-only
"""A client thinks of a proxy where none is: GET http://host/ws."""
from lab import Report, Verdict

REPORT = Report(
    "node-red: HTTP_PROXY set, no_proxy ignored for ws, 400",
    "en",
    # The request has the absolute form, which is for proxies, and went to a server that is none.
    right=Verdict("not-found refused bad-request-line", says=("absolute|http://",)),
    never=("origin-403", "auth", "upgrade-stripped", "path-rewritten", "tls-mismatch"),
)


def run(lab, broken):
    port = lab.node(
        """const s = http.createServer();
        const wss = new WebSocket.Server({ noServer: true });
        s.on('upgrade', (q, sock, head) => {
            if (q.url == '/ws') wss.handleUpgrade(q, sock, head, ws => ws.on('message', m =>
                ws.send(String(m))));
            else sock.end('HTTP/1.1 404 Not Found\\r\\n' +
                'Connection: close\\r\\nContent-Length: 0\\r\\n\\r\\n'); });
        s.listen(PORT, '127.0.0.1');"""
    )
    lab.watch()
    target = f"http://localhost:{port}/ws" if broken else "/ws"
    assert lab.talk(port, target) == (404 if broken else 101)
