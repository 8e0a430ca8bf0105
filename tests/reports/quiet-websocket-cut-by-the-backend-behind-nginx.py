# SPDX-License-Identifier: GPL-2.0-only
"""The backend's own timer cuts a quiet WebSocket; nginx, whose timeout is 1 h, passes that on."""
import time

from lab import UPGRADE, Report, Verdict, location

RIGHT = Verdict("idle-timeout", says=("quiet|idle",), hop="node")
REPORT = Report(
    "ithewei/libhv#467",
    "zh",
    right=RIGHT,
    dump=RIGHT,
    never=("proxy_read_timeout 3600", "raise proxy_read_timeout", "reload"),
)
BODY = """
let timer;
const again = () => { clearTimeout(timer); timer = setTimeout(() => %s, 1500); };
ws.on('message', (m, binary) => { again(); ws.send(m, { binary }); });
again();
"""


def run(lab, broken):
    backend = lab.ws(BODY % ("ws._socket.end()" if broken else "0"))
    front = lab.nginx(location(backend, more=UPGRADE + "proxy_read_timeout 1h;"))
    lab.watch()
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        time.sleep(0.5)  # not all at once
        assert client.upgrade()[0] == 101
        client.chat("hello")
    for client in clients:
        client.wait_end() if broken else client.goodbye()
        client.close()
