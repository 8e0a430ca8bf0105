# SPDX-License-Identifier: GPL-2.0-only
"""A server adds Transfer-Encoding: chunked to its 101, as to each answer; clients choke on it."""
from lab import Report, Verdict

RIGHT = Verdict("bad-101", says=("Transfer-Encoding",))
REPORT = Report(
    "secretgate/secretgate#60",
    "en",
    right=RIGHT,
    never=("early-client-close", "bad-accept", "extension"),
)


def run(lab, broken):
    more = [("Transfer-Encoding", "chunked")] if broken else []
    port = lab.serve(lambda peer: peer.accept(more).echo())
    lab.watch()
    said = lab.node_client(port)
    assert broken or "open" in said, said
