# SPDX-License-Identifier: GPL-2.0-only
"""The bot loses its connection, gets 502 for a while, and never comes back by itself."""
from lab import Report, Verdict, location

REPORT = Report(
    "syuilo/ai#13", "ja",
    # The server was restarted; behind nginx nothing listens meanwhile.
    right=Verdict("backend-restart", says=("restarted|stopped",), also="upstream-down app-error"),
    never=("reload", "idle-timeout", "proxy-rejected-101", "upgrade-stripped"),
)


def run(lab, broken):
    backend = lab.ws()
    front = lab.nginx(location(backend))
    lab.watch()
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        assert client.upgrade("/streaming")[0] == 101
        client.chat("hello")
    if broken:
        lab.kill(backend)
        for client in clients:
            client.wait_end()
            client.close()
        assert lab.talk(front, "/streaming") == 502
        lab.ws(port=backend)
    for client in () if broken else clients:
        client.goodbye()
    with lab.connect(front) as again:
        status, _ = again.upgrade("/streaming")
        assert status in (101, 502)  # nginx may still take it for dead
        if status == 101:
            again.chat("hello")
            again.goodbye()
