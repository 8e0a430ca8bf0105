# SPDX-License-Identifier: GPL-2.0-only
"""ws:// instead of wss:// to node's https server: the connection just ends."""
from lab import Report, Verdict

REPORT = Report(
    "websockets/ws: Error: socket hang up, ECONNRESET with ws:// to an https server",
    "en",
    # Others speak TLS with this port; this client sent plain HTTP and was hung up on.
    right=Verdict("tls-mismatch", says=("TLS|wss",)),
    never=("closed-at-once", "backend-restart", "proxy-protocol", "certain.*limit"),
)


def run(lab, broken):
    port = lab.wss()
    lab.watch()
    for _ in range(2):
        assert "open" in lab.node_client(port, ", { rejectUnauthorized: false }", "wss")
    said = lab.node_client(port, ", { rejectUnauthorized: false }", "ws" if broken else "wss")
    assert ("error" if broken else "open") in said, said
