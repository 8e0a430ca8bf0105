# SPDX-License-Identifier: GPL-2.0-only
"""The page asks with wss:// where the server speaks plain ws://."""
from lab import Report, Verdict

RIGHT = Verdict("tls-mismatch", says=("TLS", "ws://|wss"))
REPORT = Report(
    "websockets/ws#1839",
    "en",
    right=RIGHT,
    never=("bad-request-line", "no-goodbye", "refused"),
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    said = lab.node_client(port, scheme="wss" if broken else "ws")
    assert ("error" in said) == broken, said
