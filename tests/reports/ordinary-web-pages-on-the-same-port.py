# SPDX-License-Identifier: GPL-2.0-only
"""Browsers fetch pages over keep-alive on the port of the WebSocket."""

from lab import Report

REPORT = Report("a web application on one port: an ordinary set-up", "en", right=None)


def run(lab, broken):
    port = lab.node(
        """const s = http.createServer({ keepAliveTimeout: 1000 }, (q, r) => {
            r.statusCode = q.url == '/' ? 200 : q.url == '/a.js' ? 304 : 404; r.end(); });
        new WebSocket.Server({ server: s }).on('connection', ws => ws.on('message', m =>
            ws.send(String(m))));
        s.listen(PORT, '127.0.0.1');"""
    )
    lab.watch()
    page = lab.connect(port)
    for target, status in (("/", 200), ("/a.js", 304), ("/favicon.ico", 404)):
        page.raw(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\n\r\n")
        got, headers = page.answer()
        assert got == status
        if "transfer-encoding" in headers:
            page.sock.recv(5)
    assert lab.talk(port, headers={"Origin": "http://localhost"}) == 101
    page.wait_end()
    page.close()
