# SPDX-License-Identifier: GPL-2.0-only
"""An adapter fills the log with ECONNREFUSED, many times a second."""
import contextlib

from lab import Report, Verdict

REPORT = Report(
    "iobroker-community-adapters/ioBroker.hmip#393", "de",
    right=Verdict("upstream-down refused", says=("listen|refused",)),
    never=("early-client-close", "tls-mismatch", "half-open", "loss-stall"),
)


def run(lab, broken):
    port = lab.port()
    if not broken:
        lab.ws(port=port)
    lab.watch()
    refused = 0
    for _ in range(8):
        with contextlib.suppress(ConnectionRefusedError):
            lab.talk(port, "/")
            continue
        refused += 1
    assert refused == (8 if broken else 0)
