# SPDX-License-Identifier: GPL-2.0-only
"""Two ws servers on one HTTP server: the one whose path it is not writes a 400 into the stream."""
from lab import Report, Verdict

RIGHT = Verdict(
    "http-after-101",
    certainty="certain",
    says=("HTTP/1.1 400|400 Bad Request", "second|another|several"),
)
REPORT = Report(
    "websockets/ws#1148",
    "en",
    right=RIGHT,
    never=("rsv-not-agreed", "extension", "compress"),
)
SERVER = """
const server = http.createServer();
const echo = ws => ws.on('error', () => {}).on('message', (m, b) => ws.send(m, { binary: b }));
new WebSocket.Server({ server, path: '/tweets' }).on('connection', echo);
%s
server.listen(PORT, '127.0.0.1');
"""
SECOND = "new WebSocket.Server({ server, path: '/other' }).on('connection', echo);"


def run(lab, broken):
    port = lab.node(SERVER % (SECOND if broken else ""))
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade("/tweets")[0] == 101
        if broken:
            client.wait_end()
        else:
            client.chat("hello")
            client.goodbye()
