# SPDX-License-Identifier: GPL-2.0-only
"""A microcontroller's request line lacks HTTP/1.1; the server answers 400."""
from lab import Report, Verdict, wire

RIGHT = Verdict("bad-request-line", says=("HTTP/1.1|version",))
REPORT = Report("ghedipunk/PHP-Websockets#45", "en", right=RIGHT, never=("auth", "upstream-http10"))


def run(lab, broken):
    port = lab.websockets()
    lab.watch()
    with lab.connect(port) as client:
        head = wire.request_head("/chat")
        client.raw(head.replace(b"/chat HTTP/1.1", b"/chat") if broken else head)
        assert client.answer()[0] == (400 if broken else 101)
        if not broken:
            client.chat("hello")
            client.goodbye()
