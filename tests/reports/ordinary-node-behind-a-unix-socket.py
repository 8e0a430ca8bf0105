# SPDX-License-Identifier: GPL-2.0-only
"""nginx passes to node over a unix socket; all is well."""

from lab import UPGRADE, Report, wait_until

REPORT = Report("proxy_pass http://unix:/run/app.sock, an ordinary set-up", "en", right=None)


def run(lab, broken):
    where = lab.dir / "app.sock"
    port = lab.node(
        """process.umask(0);
        for (const where of [PORT, '%s']) {
            const s = http.createServer();
            new WebSocket.Server({ server: s }).on('connection', ws => ws.on('message', m =>
                ws.send(String(m))));
            typeof where == 'number' ? s.listen(where, '127.0.0.1') : s.listen(where); }"""
        % where
    )
    wait_until(where.exists, "the unix socket")
    front = lab.nginx(f"location / {{ proxy_pass http://unix:{where}; {UPGRADE} }}")
    lab.watch()
    for _ in range(3):
        assert lab.talk(front) == 101
    with lab.connect(front) as client:
        client.upgrade()
        client.chat("hello")
        client.goodbye(1001)
