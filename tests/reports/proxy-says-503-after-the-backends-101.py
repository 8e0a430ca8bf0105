# SPDX-License-Identifier: GPL-2.0-only
"""The backend answers 101, and its proxy, which cannot upgrade, makes 503 of it."""
from lab import Report, Verdict

RIGHT = Verdict("proxy-rejected-101", says=(r"\b101\b", r"\b503\b"), hop="node")
REPORT = Report(
    "istio/istio#29427", "en", right=RIGHT, never=("upstream-down", "app-error", "backend.*log")
)
PROXY = """
const answer = '503 ' + http.STATUS_CODES[503];
net.createServer(client => {
  client.on('error', () => {}).once('data', head => {
    const upstream = net.connect(+process.argv[3], '127.0.0.1', () => upstream.write(head));
    upstream.on('error', () => {});
    if (process.argv[4] == 'pass') return client.pipe(upstream).pipe(client);
    upstream.once('data', () => {
      upstream.destroy();
      const head = 'Content-Length: 0\\r\\nConnection: close\\r\\n\\r\\n';
      client.end('HTTP/1.1 ' + answer + '\\r\\n' + head);
    });
  });
}).listen(PORT, '127.0.0.1');
"""


def run(lab, broken):
    backend = lab.websockets()
    front = lab.node(PROXY, None, backend, "break" if broken else "pass")
    lab.watch()
    assert lab.talk(front) == (503 if broken else 101)
