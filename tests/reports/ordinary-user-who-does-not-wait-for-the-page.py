# SPDX-License-Identifier: GPL-2.0-only
"""The server takes its time for a handshake, and the user has already left the page."""
import time

from lab import Report

REPORT = Report("a tab closed while connecting: an ordinary set-up", "en", right=None)


def run(lab, broken):
    def server(peer):
        peer.read_head()
        time.sleep(0.6)
        peer.accept().echo()

    port = lab.serve(server)
    lab.watch()
    assert lab.talk(port) == 101
    client = lab.connect(port)
    client.request()
    time.sleep(0.2)
    client.close()
    time.sleep(0.8)
    assert lab.talk(port) == 101
