# SPDX-License-Identifier: GPL-2.0-only
"""A proxy makes Connection: close of the 101's Connection: Upgrade; node's ws rejects it."""
from lab import Report, Verdict, wire

RIGHT = Verdict("bad-101", says=("Connection", "close|upgrade"))
REPORT = Report(
    "mopemope/meinheld#51",
    "en",
    right=RIGHT,
    never=("early-client-close", "bad-accept", "upgrade-stripped"),
)


def run(lab, broken):
    def server(peer):
        peer.read_head()
        head = wire.response_head((), wire.accept_key(peer.header("Sec-WebSocket-Key")))
        peer.raw(head.replace(b"Connection: Upgrade", b"Connection: close") if broken else head)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.node_client(port)
    assert ("error" in said) == broken, said
