# SPDX-License-Identifier: GPL-2.0-only
"""A proxy adds a second Upgrade header to the 101; node's ws and browsers reject it."""
from lab import Report, Verdict

RIGHT = Verdict("bad-101", says=("Upgrade", "twice|two|2 |second"))
REPORT = Report("h2o/h2o#1467", "en", right=RIGHT, never=("early-client-close", "bad-accept"))


def run(lab, broken):
    more = [("Upgrade", "websocket")] if broken else []
    port = lab.serve(lambda peer: peer.accept(more).echo())
    lab.watch()
    said = lab.node_client(port)
    assert ("open" in said) != broken, said
