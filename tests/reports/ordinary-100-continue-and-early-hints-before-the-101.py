# SPDX-License-Identifier: GPL-2.0-only
"""A library sends Expect: 100-continue with its handshake; 100 and 103 come before the 101."""
from lab import Report

REPORT = Report(
    ".NET and aiohttp: Expect: 100-continue with an upgrade, an ordinary set-up", "en", right=None
)


def check(lab, medium, events, said):
    assert any("'/ws'" in str(e) for e in events), "not shown"
    assert "frame" in str(events), "no frames"


def run(lab, broken):
    def server(peer):
        peer.read_head()
        peer.raw("HTTP/1.1 100 Continue\r\n\r\n")
        peer.raw("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        peer.accept().echo()

    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade(headers={"Expect": "100-continue"})[0] == 100
        assert client.answer()[0] == 103
        assert client.answer()[0] == 101
        client.chat("hello")
        client.goodbye()
