# SPDX-License-Identifier: GPL-2.0-only
"""The 101 has Sec-WebSocket-Protocol without a value; node's ws rejects it."""
from lab import Report, Verdict, wire

RIGHT = Verdict(
    "subprotocol bad-101",
    says=("Sec-WebSocket-Protocol|subprotocol", "empty|no value|without a value"),
)
REPORT = Report("websockets/ws#2016", "en", right=RIGHT, never=("early-client-close", "bad-accept"))


def run(lab, broken):
    def server(peer):
        peer.read_head()
        head = wire.response_head((), wire.accept_key(peer.header("Sec-WebSocket-Key")))
        peer.raw(
            head.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: \r\n\r\n") if broken else head
        )
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.node_client(port)
    assert ("error" in said) == broken, said
