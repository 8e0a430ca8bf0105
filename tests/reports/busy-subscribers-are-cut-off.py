# SPDX-License-Identifier: GPL-2.0-only
"""The connection breaks though each ping is answered, where there are many subscriptions."""
import socket
import time

from lab import Report, Verdict, wire

REPORT = Report(
    "Tinkoff/invest-openapi-js-sdk#11", "ru",
    # The server breaks a connection when its queue overflows: the client reads too slowly.
    right=Verdict("slow-reader not-reading", says=("read|take",), also="reset"),
    never=("idle-timeout", "half-open", "backend-restart", "server-heartbeat"),
    not_yet="files have no unsent bytes or window, so they say reset",
)


def run(lab, broken):
    def exchange(peer):
        peer.accept()
        peer.recv()
        peer.sock.settimeout(2)
        try:
            for n in range(4000 if broken else 20):
                peer.send(wire.TEXT, '{"event":"candle","payload":"%s"}' % (str(n) * 1000))
        except socket.timeout:
            peer.abort()
            return
        peer.echo()

    server = lab.serve(exchange)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/md/v1")[0] == 101
    client.send(wire.TEXT, '{"event":"candle:subscribe"}')
    if broken:
        time.sleep(4)  # busy with the first message
        client.wait_end()
        client.close()
        return
    for _ in range(20):
        client.recv()
    client.goodbye()
