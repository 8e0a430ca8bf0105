# SPDX-License-Identifier: GPL-2.0-only
"""node has no file descriptors left (EMFILE): it accepts and closes at once, without a word."""
from lab import Report, Verdict, wait_until

RIGHT = Verdict("closed-at-once", "likely", says=("file|descriptor|EMFILE|ulimit|accept",))
REPORT = Report(
    "parse-community/parse-server#6716",
    "en",
    right=RIGHT,
    files=Verdict("closed-at-once refused reset", "likely"),
    never=("wss:// is meant", "tls-mismatch", "half-open"),
)
FULL = """
const fs = require('fs'), files = [];
new WebSocket.Server({ host: '127.0.0.1', port: PORT })
  .on('connection', ws => ws.on('message', m => ws.send(`${m}`)));
if (%d) setTimeout(() => {
  try { for (;;) files.push(fs.openSync('/dev/null')); } catch (e) { console.log(e.code); }
}, 100);
"""


def run(lab, broken):
    port = lab.limited(FULL % broken, 60)
    if broken:
        wait_until(lambda: "EMFILE" in lab.log(), "the end of file descriptors")
    lab.watch()
    statuses = [lab.talk(port) for _ in range(3)]
    assert statuses == ([0] * 3 if broken else [101] * 3), statuses
