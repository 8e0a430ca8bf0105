# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy's maxconn is reached: the next handshake is connected, and nobody reads it."""
import socket

from lab import Report, Verdict

REPORT = Report(
    "haproxy discourse: connections hang when maxconn of the frontend is reached",
    "en",
    # The connection waits in the kernel's accept queue; haproxy accepts none: its limit.
    right=Verdict("accept-queue", says=("haproxy|accept",)),
    dump=Verdict("accept-queue upstream-mute early-client-close closed-at-once"),
    never=("origin-403", "auth", "upstream-down", "tls-mismatch", "refused"),
    not_yet="a request that waits for less than five seconds is not told",
)


def run(lab, broken):
    front = lab.haproxy(lab.ws(), rules=f"maxconn {2 if broken else 20}")
    lab.watch()
    kept = [lab.connect(front) for _ in range(2)]
    for client in kept:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    late = lab.connect(front)
    late.sock.settimeout(4)
    try:
        status = late.upgrade()[0]
    except (socket.timeout, TimeoutError):
        status = None
    assert status == (None if broken else 101)
    if broken:
        late.close()
    else:
        late.goodbye()
    for client in kept:
        client.goodbye()
