# SPDX-License-Identifier: GPL-2.0-only
"""Phones leave in all ways: FIN without a Close, RST, Close 1001, 1000; the server is well."""
import time

from lab import Report, location

REPORT = Report("chat for phones behind nginx: an ordinary set-up", "en", right=None)


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    clients = [lab.connect(front, source=f"127.0.0.{i + 2}") for i in range(5)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello", "again")
    clients[0].close()
    time.sleep(0.4)
    clients[1].abort()
    time.sleep(0.7)
    clients[2].goodbye(1001)
    clients[3].goodbye(1000)
    time.sleep(0.5)
    clients[4].close()
