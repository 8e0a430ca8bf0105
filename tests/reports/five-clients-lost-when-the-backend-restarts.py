# SPDX-License-Identifier: GPL-2.0-only
"""All clients are cut at once; nginx, the only port that is traced, was not reloaded."""
import signal

from lab import Report, Verdict, location

RIGHT = Verdict("backend-restart", "likely", says=("server behind it was restarted",))
# Which processes went on, a file does not show
EITHER = Verdict("reload backend-restart restarting", "likely")
REPORT = Report(
    "gorilla/websocket#575",
    "en",
    right=RIGHT,
    files=EITHER,
    never=("probably it was reloaded or stopped$",),
)


def run(lab, broken):
    backend = lab.ws()
    front = lab.nginx(location(backend))
    lab.watch(front)
    clients = [lab.connect(front) for _ in range(5)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        lab.kill(backend, signal.SIGKILL)
    for client in clients:
        client.wait_end() if broken else client.goodbye()
        client.close()
