# SPDX-License-Identifier: GPL-2.0-only
"""The first message, sent right after the 101, is missing behind Traefik."""
from imitated import proxy
from lab import Report, Verdict, wire

REPORT = Report(
    "traefik/traefik#2629", "en",
    # It comes in one segment with the 101, and Traefik drops what it read behind the head.
    # No rule counts messages over both legs yet.
    right=Verdict("message-lost", says=("not pass|lost|dropped|missing",), hop="traefik"),
    never=("proxy-slow", "early-client-close", "half-open", "idle-timeout"),
)
TRAEFIK = """
server = upstream()
server.sendall(head_of(client))
answer = server.recv(65536)
client.sendall(answer[:answer.index(b"\\r\\n\\r\\n") + 4] if %r else answer)
join(client, server)
"""


def run(lab, broken):
    def application(peer):
        peer.read_head()
        key = wire.accept_key(peer.header("Sec-WebSocket-Key"))
        peer.raw(wire.response_head((), key) + peer.frame(wire.TEXT, "welcome"))
        peer.echo()

    front = proxy(lab, "traefik", lab.serve(application), TRAEFIK % broken)
    lab.watch()
    for _ in range(2):
        client = lab.connect(front)
        assert client.upgrade()[0] == 101
        client.send(wire.TEXT, "hello")
        assert client.message() == ("hello" if broken else "welcome").encode()
        if not broken:
            client.message()
        client.goodbye()
