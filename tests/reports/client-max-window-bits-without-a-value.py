# SPDX-License-Identifier: GPL-2.0-only
"""The 101 repeats client_max_window_bits without a value; node's ws rejects it."""
from lab import Report, Verdict, wire

RIGHT = Verdict("extension bad-101", says=("client_max_window_bits",))
REPORT = Report(
    "Robert-112/Bauglir-WebSocket-2#2",
    "en",
    right=RIGHT,
    never=("early-client-close", "bad-accept"),
)


def run(lab, broken):
    def server(peer):
        peer.read_head()
        head = wire.response_head(
            [("Sec-WebSocket-Extensions", "permessage-deflate")],
            wire.accept_key(peer.header("Sec-WebSocket-Key")),
        )
        peer.raw(head.replace(b"deflate", b"deflate; client_max_window_bits") if broken else head)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.node_client(port)
    assert ("error" in said) == broken, said
