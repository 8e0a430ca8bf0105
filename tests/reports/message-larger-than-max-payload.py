# SPDX-License-Identifier: GPL-2.0-only
"""node's ws closes with 1009: a message was larger than its maxPayload."""
from lab import Report, Verdict, wire

RIGHT = Verdict("too-big", says=(r"maxPayload|max_size|limit", r"\b70[., ]?000\b|\bKiB|\bkB"))
REPORT = Report(
    "websockets/ws#1543",
    "en",
    right=RIGHT,
    never=("bad-frame", "app-error", "no-goodbye"),
)


def run(lab, broken):
    port = lab.ws(options="maxPayload: 65536")
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.send(wire.BINARY, "x" * (70000 if broken else 7000))
        op, payload, _ = client.recv()
        assert op == (wire.CLOSE if broken else wire.BINARY)
        if broken:
            client.send(op, payload)
            client.wait_end()
        else:
            client.goodbye()
