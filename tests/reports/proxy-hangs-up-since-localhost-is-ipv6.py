# SPDX-License-Identifier: GPL-2.0-only
"""node's proxy asks localhost, which is ::1, where nothing listens; it hangs up."""
from lab import Report, Verdict

PROXY = """
net.createServer(client => {
  client.on('error', () => {}).once('data', head => {
    const upstream = net.connect(+process.argv[3], process.argv[4], () => {
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.destroy());
  });
}).listen(PORT, '127.0.0.1');
"""


RIGHT = Verdict("upstream-down", says=("refused|nothing listens", r"::1|127\.0\.0\.1:\d+"))
REPORT = Report(
    "websockets/ws#2078",
    "en",
    right=RIGHT,
    never=("not among the ports traced", "upstream-mute", "app-error"),
)


def run(lab, broken):
    backend = lab.ws()
    proxy = lab.node(PROXY, None, backend, "::1" if broken else "127.0.0.1")
    lab.watch()
    assert lab.talk(proxy) == (0 if broken else 101)
