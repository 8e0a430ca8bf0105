# SPDX-License-Identifier: GPL-2.0-only
"""The backend answers 101, and its proxy, which cannot upgrade, makes 500 or 503 of it."""
from lab import Report, Verdict

RIGHT = Verdict("proxy-rejected-101", says=(r"\b101\b", r"\b50[03]\b"), hop="node")
REPORT = Report(
    "traefik/traefik#367, istio/istio#29427",
    "en",
    right=RIGHT,
    never=("upstream-down", "app-error", "backend.*log"),
)
PROXY = """
const answer = process.argv[4] + ' ' + http.STATUS_CODES[process.argv[4]];
net.createServer(client => {
  client.on('error', () => {}).once('data', head => {
    const upstream = net.connect(+process.argv[3], '127.0.0.1', () => upstream.write(head));
    upstream.on('error', () => {});
    if (process.argv[4] == '101') return client.pipe(upstream).pipe(client);
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
    answers = (500, 503) if broken else (101, 101)
    fronts = [lab.node(PROXY, None, backend, a) for a in answers]
    lab.watch()
    assert tuple(map(lab.talk, fronts)) == answers
