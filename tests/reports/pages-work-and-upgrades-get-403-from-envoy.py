# SPDX-License-Identifier: GPL-2.0-only
"""Plain requests work, every WebSocket gets 403 with an empty body."""
from imitated import proxy
from lab import Report, Verdict

REPORT = Report(
    "envoyproxy/envoy#27056", "en",
    # upgrade_configs is missing where it counts: Envoy itself refuses and asks nobody.
    right=Verdict("refused", says=("envoy", "upgrade"), hop="envoy"),
    never=("auth", "origin-403", "upstream-down", "upstream-mute"),
)
ENVOY = """
head = head_of(client)
if b"pgrade: websocket" in head and %r:
    client.sendall(b"HTTP/1.1 403 Forbidden\\r\\ndate: Fri, 28 Apr 2023 10:00:00 GMT\\r\\n"
                   b"server: envoy\\r\\ncontent-length: 0\\r\\n\\r\\n")
    client.recv(1)
    return
server = upstream()
server.sendall(head)
join(client, server)
"""


def run(lab, broken):
    def api(peer):
        if b"pgrade: websocket" in peer.read_head():
            peer.accept().echo()
            return
        peer.refuse("200 OK", "{}", [("content-type", "application/json"), ("connection", "close")])

    front = proxy(lab, "envoy", lab.serve(api), ENVOY % broken)
    lab.watch()
    with lab.connect(front) as plain:
        plain.raw("GET /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert plain.answer()[0] == 200
    assert lab.talk(front, "/graphql") == (403 if broken else 101)
