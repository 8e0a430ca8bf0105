# SPDX-License-Identifier: GPL-2.0-only
"""Busy connections are cut with 1006, each after half a minute."""
import time

from imitated import proxy
from lab import Report, Verdict

REPORT = Report(
    "envoyproxy/envoy#32525", "en",
    # GKE's load balancer gives a request 30 s, and a WebSocket is one.
    right=Verdict("max-lifetime", says=(r"1(\.0\d*)? s|same age", r"duration|lifetime|age|lived")),
    never=("idle-timeout", "heartbeat-races", "backend-restart", "reload", "early-client-close"),
)
BALANCER = """
server = upstream()
server.sendall(head_of(client))
for one in (pump, (client, server)), (pump, (server, client)):
    threading.Thread(target=one[0], args=one[1], daemon=True).start()
time.sleep(%s)
server.shutdown(socket.SHUT_RDWR)
client.shutdown(socket.SHUT_RDWR)
"""


def run(lab, broken):
    front = proxy(lab, "gfe", lab.ws(), BALANCER % ("1" if broken else "60"))
    lab.watch()
    clients, ended = [], 0
    for n in range(12 if broken else 6):
        if len(clients) < 4:
            clients.append(lab.connect(front))
            assert clients[-1].upgrade()[0] == 101
        for client in clients[ended:]:
            try:
                client.chat(f"tick {n}")
            except (EOFError, OSError):
                client.close()
                ended += 1
        time.sleep(0.2)
    assert ended == (4 if broken else 0)
    for client in clients[ended:]:
        client.goodbye()
