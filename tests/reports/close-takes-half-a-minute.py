# SPDX-License-Identifier: GPL-2.0-only
"""ws.close() takes half a minute behind Apache, everything else is instantaneous."""
import time

from lab import Report, Verdict, wire

REPORT = Report(
    "websockets/ws#2257", "en",
    # Both Close frames went, but the server's side leaves TCP open; the client ends it at last.
    right=Verdict("close-timeout half-open close-wait no-goodbye", says=(r"TCP", "server|Close")),
    never=("idle-timeout", "reset", "client-error", "early-client-close"),
)


def run(lab, broken):
    def apache(peer):
        peer.accept().echo()
        if broken:
            peer.wait_end()

    server = lab.serve(apache)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade()[0] == 101
    client.chat("hello")
    client.send(wire.CLOSE, wire.close_payload(1000))
    assert client.recv()[0] == wire.CLOSE
    if broken:
        time.sleep(4)  # node's ws waits for 30 s
    else:
        client.wait_end()
    client.close()
