# SPDX-License-Identifier: GPL-2.0-only
"""Clients that wait for events lose the connection right after the 101."""
import time

from lab import Report, Verdict, wire

REPORT = Report(
    "autumn-library/winow#141", "ru",
    # The socket still has the read timeout of the request, 10 ms: the server takes it for an end.
    right=Verdict("app-error no-goodbye idle-timeout",
                  says=(r"after (its|the) 101|before any|first (frame|message)",)),
    never=("early-client-close", "half-open", "backend-restart", "client closed"),
)


def run(lab, broken):
    def winow(peer):
        peer.accept()
        if broken:
            time.sleep(0.01)
            return
        peer.echo()

    server = lab.serve(winow)
    lab.watch()
    for _ in range(3):
        client = lab.connect(server)
        assert client.upgrade("/topic")[0] == 101
        if broken:
            client.wait_end()
            client.close()
            continue
        time.sleep(0.3)
        client.chat("hello")
        client.send(wire.CLOSE, wire.close_payload(1000))
        client.wait_end()
