# SPDX-License-Identifier: GPL-2.0-only
"""The server logs "invalid value for header 'Upgrade'" many times an hour."""
from lab import Report

# AWS' balancer asks the port with a plain GET, and takes the 400 for a sign of life.
REPORT = Report("chartchuo/dart-nats#18", "en", right=None)


def run(lab, broken):
    def nats(peer):
        peer.read_head()
        if peer.header("Upgrade").lower() != "websocket":
            peer.refuse("400 Bad Request", "invalid value for header 'Upgrade'\n",
                        [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")])
            return
        peer.accept().echo()

    server = lab.serve(nats)
    lab.watch()
    for _ in range(3):
        with lab.connect(server) as balancer:
            balancer.raw("GET / HTTP/1.1\r\nHost: 10.0.0.7:8089\r\nConnection: close\r\n"
                         "User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip\r\n\r\n")
            assert balancer.answer()[0] == 400
            balancer.wait_end()
    assert lab.talk(server, "/") == 101
