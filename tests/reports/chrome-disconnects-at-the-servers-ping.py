# SPDX-License-Identifier: GPL-2.0-only
"""Chrome disconnects as soon as the server sends its first ping."""
from lab import Report, Verdict, wire

REPORT = Report(
    "walkor/workerman#324", "en",
    # The ping's bytes, 89 80 00 00 00 00, say that it is masked.
    right=Verdict("mask-s2c", says=("mask", "server")),
    never=("mask-c2s", "server-heartbeat", "client-heartbeat", "client-error"),
)


def run(lab, broken):
    def workerman(peer):
        peer.accept()
        peer.raw(b"\x89\x80\0\0\0\0" if broken else b"\x89\0")
        peer.echo()

    server = lab.serve(workerman)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/websocket")[0] == 101
    assert client.recv()[0] == wire.PING
    if broken:
        client.goodbye(1002, "A server must not mask any frames that it sends to the client.")
        return
    client.send(wire.PONG)
    client.chat("hello")
    client.goodbye()
