# SPDX-License-Identifier: GPL-2.0-only
"""A set-top box speaks the draft of 2010 (Key1, Key2), and is refused."""
from lab import Report, Verdict

REPORT = Report(
    "gist: Safari 5 and hixie-76 clients get 400 since the update",
    "en",
    # The client speaks hixie-76, which is older than RFC 6455: no Sec-WebSocket-Key, no version.
    right=Verdict("bad-version no-key", says=("Key1|hixie|draft|old|version",)),
    never=("auth", "origin-403", "tls-mismatch", "upgrade-stripped", "proxy"),
    not_yet="hixie-76 is not known by name",
)


def run(lab, broken):
    port = lab.websockets()
    lab.watch()
    if not broken:
        assert lab.talk(port) == 101
        return
    with lab.connect(port) as client:
        client.raw(
            b"GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
            b"Sec-WebSocket-Key1: 18x 6]8vM;54 *(5:  {   U1]8  z [  8\r\n"
            b"Sec-WebSocket-Key2: 1_ tx7X d  <  nw  334J702) 7]o}` 0\r\n"
            b"Origin: http://a.example\r\n\r\nTm[K T2u"
        )
        assert client.answer()[0] in (400, 426, 500)
