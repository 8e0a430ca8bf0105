# SPDX-License-Identifier: GPL-2.0-only
"""A server closes new clients with 1013, Try again later: it is full."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "ninenines/cowboy users: close 1013, too many connections",
    "en",
    # The server refuses to go on since it is overloaded: its code 1013 and its reason say so.
    right=Verdict(
        "policy app-error refused", says=("1013", "too many|overload|try again|full|busy")
    ),
    never=(
        "idle-timeout",
        "backend-restart",
        "bad-close",
        "auth",
        "no-goodbye",
        "unsupported-data",
    ),
)


def run(lab, broken):
    def server(peer):
        peer.accept()
        if broken:
            peer.send(wire.CLOSE, wire.close_payload(1013, "too many connections"))
            peer.recv()
        else:
            peer.echo()

    port = lab.serve(server)
    lab.watch()
    if not broken:
        assert lab.talk(port) == 101
        return
    for _ in range(2):
        with lab.connect(port) as client:
            assert client.upgrade()[0] == 101
            op, payload, _ = client.recv()
            client.send(op, payload)
            client.wait_end()
