# SPDX-License-Identifier: GPL-2.0-only
"""The server closes with 1001 Server shutting down: it restarts, and all clients come back."""
from lab import Report, Verdict

RIGHT = Verdict("restarting backend-restart", says=("shut|restart",))
REPORT = Report(
    "jetty/jetty.project#1293", "en", right=RIGHT, never=("reload", "idle-timeout", "app-error")
)
SERVER = """
const all = new Set();
new WebSocket.Server({ host: '127.0.0.1', port: PORT }).on('connection', ws => {
  all.add(ws);
  ws.on('message', m => ws.send(`${m}`)).on('close', () => all.delete(ws));
});
process.on('SIGTERM', () => {
  for (const ws of all) ws.close(1001, 'Server shutting down');
  setTimeout(process.exit, 300);
});
"""


def run(lab, broken):
    port = lab.node(SERVER)
    lab.watch()
    clients = [lab.connect(port) for _ in range(5)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        lab.process[port].terminate()
    for client in clients:
        if broken:
            op, payload, _ = client.recv()
            client.send(op, payload)
            client.wait_end()
            client.close()
        else:
            client.goodbye()
