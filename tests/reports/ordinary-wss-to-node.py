# SPDX-License-Identifier: GPL-2.0-only
"""node's https server and wss clients: TLS as it should be."""
from lab import Report

REPORT = Report("wss to node: an ordinary set-up", "en", right=None)


def run(lab, broken):
    port = lab.wss()
    lab.watch()
    for _ in range(2):
        assert "open" in lab.node_client(port, ", { rejectUnauthorized: false }", "wss")
