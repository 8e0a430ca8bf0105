# SPDX-License-Identifier: GPL-2.0-only
"""A device writes its handshake a few bytes at a time, and its frames, too."""
import time

from lab import Report, location
import wire
from diag_lab import fresh_key

REPORT = Report("a modem's AT commands through nginx: an ordinary set-up", "en", right=None)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    with lab.connect(front) as client:
        head = wire.request_head("/ws", key=fresh_key())
        for i in range(0, len(head), 7):
            client.raw(head[i : i + 7])
            time.sleep(0.02)
        assert client.answer()[0] == 101
        for _ in range(3):
            for byte in client.frame(wire.TEXT, "slowly, but surely"):
                client.raw(bytes([byte]))
                time.sleep(0.005)
            client.message()
        client.goodbye()
