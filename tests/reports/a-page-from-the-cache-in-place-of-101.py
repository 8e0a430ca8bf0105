# SPDX-License-Identifier: GPL-2.0-only
"""Streaming stops for five minutes once somebody has asked its path without an Upgrade."""
from lab import UPGRADE, Report, Verdict, location

REPORT = Report(
    "misskey-dev/misskey#6718", "ja",
    # nginx keeps the page that the application sends then, and answers WebSocket requests with it.
    right=Verdict("refused", says=("cache",), hop="nginx"),
    never=("upgrade-stripped", "upstream-down", "upstream-mute", "not-found"),
)
CACHE = UPGRADE + """
      proxy_cache c; proxy_cache_lock on; proxy_cache_use_stale updating;
      add_header X-Cache $upstream_cache_status;"""
MISSKEY = """const server = http.createServer((req, res) => {
  res.writeHead(%s);
  res.end('<!DOCTYPE html><title>Misskey</title>');
});
new WebSocket.Server({ server }).on('connection', ws => ws.on('message', m => ws.send(String(m))));
server.listen(PORT, '127.0.0.1');
"""


def run(lab, broken):
    fault = "200, { 'Content-Type': 'text/html', 'Cache-Control': 'public, max-age=300' }"
    backend = lab.node(MISSKEY % (fault if broken else "503, { 'Cache-Control': 'no-store' }"))
    front = lab.nginx(location(backend, more=CACHE),
                      main="user root;", http=f"proxy_cache_path {lab.dir}/cache keys_zone=c:1m;")
    lab.watch()
    with lab.connect(front) as plain:
        plain.raw("GET /streaming?i=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert plain.answer()[0] == (200 if broken else 503)
        plain.wait_end()
    assert lab.talk(front, "/streaming?i=1") == (200 if broken else 101)
