# SPDX-License-Identifier: GPL-2.0-only
"""A gRPC client was given the WebSocket's port: HTTP/2 with prior knowledge meets HTTP/1.1."""
from lab import Report, Verdict

REPORT = Report(
    "grpc/grpc-go: the frame header looked like an HTTP/1.1 header",
    "en",
    # The client speaks HTTP/2 at once, the server HTTP/1.1 only: it answered 400.
    right=Verdict("refused bad-request-line", says=("HTTP/2|h2c",)),
    never=(
        "no-key",
        "auth",
        "origin-403",
        "too-large-head",
        "tls-mismatch",
        "not HTTP",
        "mask-c2s",
    ),
    not_yet="one try of HTTP/2 is what scanners do, too; only a second one is told",
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    if not broken:
        assert lab.talk(port) == 101
        return
    for _ in range(2):
        with lab.connect(port) as client:
            client.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\x12\x04" + bytes(5) + bytes(18))
            assert client.answer()[0] in (400, 505)
