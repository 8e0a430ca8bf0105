# SPDX-License-Identifier: GPL-2.0-only
"""The server's event loop is stuck: connections wait in the accept queue, clients get no answer."""
import time

from lab import Report, Verdict

RIGHT = Verdict(
    "upstream-mute not-reading",
    says=("accept|does not read|queue|unread|never answered|has not", r"\d ?s"),
)
REPORT = Report(
    "sockjs/sockjs-node#94",
    "en",
    right=RIGHT,
    files=RIGHT.but(says=()),
    never=("early-client-close", "upstream-down"),
    not_yet="in files a request that nobody answered for 8 s is not told",
)
STUCK = """
setTimeout(() => { for (const end = Date.now() + 11000; Date.now() < end;); }, %d);
new WebSocket.Server({ host: '127.0.0.1', port: PORT })
  .on('connection', ws => ws.on('message', m => ws.send(`${m}`)));
"""


def run(lab, broken):
    port = lab.node(STUCK % (200 if broken else 60000))
    time.sleep(0.3)  # until it is stuck
    lab.watch()
    if not broken:
        assert lab.talk(port) == 101
        return
    with lab.connect(port) as client:
        client.request()
        time.sleep(8)  # longer than anybody waits
