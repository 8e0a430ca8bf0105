# SPDX-License-Identifier: GPL-2.0-only
"""APISIX closes every WebSocket a few seconds after the last message."""
from lab import UPGRADE, Report, Verdict, location

RIGHT = Verdict("idle-timeout heartbeat-races", says=("proxy_read_timeout",), hop="nginx")
REPORT = Report(
    "apache/apisix#7478", "zh",
    # Its read timeout (6 s) is shorter than the application's heartbeat; with 17 s all is well.
    right=RIGHT, dump=RIGHT.but(says=("timeout",)),
    never=("backend-restart", "reload", "early-client-close", "half-open"),
)
HEARTBEAT = """const timer = setInterval(() => ws.ping(), %d);
ws.on('close', () => clearInterval(timer));
ws.on('message', (m, binary) => ws.send(m, { binary }));"""


def run(lab, broken):
    backend = lab.ws(HEARTBEAT % (5000 if broken else 500))
    front = lab.nginx(location(backend, more=UPGRADE + " proxy_read_timeout 2s;"))
    lab.watch()
    client = lab.connect(front)
    assert client.upgrade()[0] == 101
    client.chat("hello")
    if broken:
        client.wait_end()
        client.close()
        return
    for _ in range(6):
        op, payload, _ = client.recv()
        client.send(10, payload)
    client.goodbye()
