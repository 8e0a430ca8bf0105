# SPDX-License-Identifier: GPL-2.0-only
"""A server grants permessage-deflate to a client that never offered it."""
from lab import Report, Verdict

REPORT = Report(
    "websockets/ws: Server sent a Sec-WebSocket-Extensions header, none was requested",
    "en",
    right=Verdict("extension", says=("permessage-deflate",)),
    never=("subprotocol", "bad-accept", "early-client-close", "no-goodbye"),
)


def run(lab, broken):
    def server(peer):
        peer.accept(
            [("Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover")]
            if broken
            else []
        ).echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.node_client(port, ", { perMessageDeflate: false }")
    assert ("error" if broken else "open") in said, said
