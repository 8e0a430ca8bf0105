# SPDX-License-Identifier: GPL-2.0-only
"""Behind nginx a refused handshake is answered only after the read timeout."""
import time

from lab import UPGRADE, Report, Verdict, location

REPORT = Report(
    "swoole/swoole-src#2510", "zh",
    # The application's answer has no Content-Length, and the connection stays: nginx waits.
    right=Verdict("refused", says=("Content-Length", "403")),
    never=("upstream-mute", "upstream-down", "idle-timeout", "proxy-slow"),
)


def run(lab, broken):
    def swoole(peer):
        peer.read_head()
        if broken:
            peer.raw("HTTP/1.1 403 Forbidden\r\nServer: swoole-http-server\r\n"
                     "Connection: keep-alive\r\nContent-Type: text/html\r\n\r\n")
            peer.wait_end()
            return
        peer.accept().echo()

    front = lab.nginx(location(lab.serve(swoole), more=UPGRADE + " proxy_read_timeout 3s;"))
    lab.watch()
    begin = time.monotonic()
    assert lab.talk(front, "/websocket") == (403 if broken else 101)
    assert not broken or time.monotonic() - begin > 2.5
