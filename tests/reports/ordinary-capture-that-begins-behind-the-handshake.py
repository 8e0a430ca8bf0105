# SPDX-License-Identifier: GPL-2.0-only
"""A capture that begins in the midst of compressed WebSockets, as captures do."""
from lab import Report
import capture

REPORT = Report("tcpdump started during the problem: an ordinary capture", "en", right=None)


def edit(dump):
    packets = capture.read(dump)
    last = max(
        i for i, p in enumerate(packets) if capture.payload(p[1]).startswith(b"HTTP/1.1 101")
    )
    capture.write(dump, packets[last + 1 :])


def run(lab, broken):
    port = lab.ws(options="perMessageDeflate: { threshold: 0 }")
    lab.watch()
    said = lab.ask_node(
        """let n = 0;
        const go = i => { const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws');
            ws.on('open', () => { if (i) go(i - 1); else setTimeout(() =>
                ws.send('hello '.repeat(20)), 200);
                                  if (i) setTimeout(() => ws.send('hello '.repeat(20)), 400); });
            ws.on('message', m => { if (++n < 40) ws.send('again ' + m.length);
                else process.exit(0); });
            ws.on('close', () => {}); };
        go(2); setTimeout(() => process.exit(0), 3000);""",
        port,
    )
    assert "rror" not in said, said
