# SPDX-License-Identifier: GPL-2.0-only
"""The first frame is bad at once."""
from lab import Report, Verdict
import wire
from diag_lab import fresh_key

REPORT = Report(
    "websockets/ws: Invalid WebSocket frame: RSV2 and RSV3 must be clear, right after open",
    "en",
    # The request announces a body (Transfer-Encoding: chunked); its last chunk, 0 CR LF CR LF,
    # stands
    # where the first frame should, and the server took it for one.
    right=Verdict(
        "bad-frame http-after-101 rsv-not-agreed bad-header",
        says=("body|chunk|Transfer-Encoding|HTTP|text",),
    ),
    never=("extension", "mask-c2s", "app-error", "idle-timeout", "compress|deflate"),
    not_yet="the body of an upgrade request is not told as such",
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    with lab.connect(port) as client:
        client.raw(
            wire.request_head(
                "/ws", [("Transfer-Encoding", "chunked")] if broken else [], key=fresh_key()
            )
            + (b"0\r\n\r\n" if broken else b"")
        )
        assert client.answer()[0] == 101
        if broken:
            op, payload, _ = client.recv()
            assert op == wire.CLOSE and payload[:2] == b"\x03\xea", payload
            client.close()
        else:
            client.chat("hello")
            client.goodbye()
