# SPDX-License-Identifier: GPL-2.0-only
"""WebSocket is closed before the connection is established, when the page is reloaded."""
import time

from lab import Report

REPORT = Report("sockjs/sockjs-client#444", "en", right=None)


def run(lab, broken):
    def spring(peer):
        peer.read_head()
        time.sleep(0.3)
        peer.accept().echo()

    server = lab.serve(spring)
    lab.watch()
    with lab.connect(server) as reloaded:
        reloaded.request("/ws/236/2cbqrh2h/websocket")
        time.sleep(0.1)
    assert lab.talk(server, "/ws/236/s6d7dvpb/websocket") == 101
