# SPDX-License-Identifier: GPL-2.0-only
"""A mirror port that copies only what the switch receives: the server's packets are not there."""
from lab import Report
import capture

PORT = []
REPORT = Report("asymmetric routes and SPAN rx: an ordinary capture", "en", right=None)


def edit(dump):
    capture.write(dump, [p for p in capture.read(dump) if capture.ports(p[1])[1] == PORT[-1]])


def run(lab, broken):
    PORT.append(lab.ws(options="perMessageDeflate: { threshold: 0 }"))
    lab.watch()
    for headers in ({}, {"Sec-WebSocket-Extensions": "permessage-deflate"}):
        with lab.connect(PORT[-1]) as client:
            assert client.upgrade(headers=headers)[0] == 101
            client.chat("hello", "you")
            client.goodbye()
