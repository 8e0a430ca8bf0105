# SPDX-License-Identifier: GPL-2.0-only
"""The log is full of handshakes that failed: stream ends after 0 bytes."""
import time

from lab import Report

# Azure's probe connects and closes, once in a while.
REPORT = Report("python-websockets/websockets#1551", "en", right=None)


def run(lab, broken):
    server = lab.websockets()
    lab.watch()
    for _ in range(4):
        lab.connect(server).close()
        assert lab.talk(server, "/") == 101
        time.sleep(0.3)
