# SPDX-License-Identifier: GPL-2.0-only
"""The page asks for a subprotocol, the server names none; node's ws and browsers hang up."""
from lab import Report, Verdict, wire

RIGHT = Verdict("subprotocol", says=("graphql-ws",))
REPORT = Report(
    "sitegui/nodejs-websocket#29", "en", right=RIGHT, never=("early-client-close", "bad-accept")
)


def run(lab, broken):
    def server(peer):
        peer.read_head()
        head = wire.response_head(
            [("Sec-WebSocket-Protocol", "graphql-ws")],
            wire.accept_key(peer.header("Sec-WebSocket-Key")),
        )
        peer.raw(head.replace(b"Sec-WebSocket-Protocol: graphql-ws\r\n", b"") if broken else head)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.node_client(port, ", ['graphql-ws']")
    assert ("error" in said) == broken, said
