# SPDX-License-Identifier: GPL-2.0-only
"""A modem's firmware asks with HTTP/1.0, directly: there is no proxy that could have done it."""
from lab import Report, Verdict, wire

RIGHT = Verdict("upstream-http10 bad-request-line refused", says=(r"HTTP/1\.0",))
REPORT = Report(
    "alganet/lint-http#941",
    "en",
    right=RIGHT,
    never=("the proxy asks", "proxy_http_version", "upgrade-stripped"),
)


def run(lab, broken):
    port = lab.websockets()
    lab.watch()
    with lab.connect(port) as client:
        head = wire.request_head("/ws")
        client.raw(head.replace(b"HTTP/1.1", b"HTTP/1.0") if broken else head)
        status = client.answer()[0]
        assert status == 101 if not broken else status >= 400, status
        if not broken:
            client.chat("hello")
            client.goodbye()
