# SPDX-License-Identifier: GPL-2.0-only
"""A client in Delphi is closed by every server right after its first message."""
from lab import Report, Verdict, wire

REPORT = Report(
    "winddriver/Delphi-Cross-Socket#133", "zh",
    # With a masking key of zero the client sends frames without a mask at all.
    right=Verdict("mask-c2s", says=("mask", "client")),
    never=("mask-s2c", "bad-frame", "policy"),
)


def run(lab, broken):
    server = lab.ws()
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade()[0] == 101
    client.send(wire.TEXT, "hello", mask=b"" if broken else None)
    op, payload, _ = client.recv()
    assert op == (wire.CLOSE if broken else wire.TEXT)
    if broken:
        assert payload[:2] == b"\x03\xea"
        client.send(wire.CLOSE, payload, mask=b"")
        client.wait_end()
    else:
        client.goodbye()
