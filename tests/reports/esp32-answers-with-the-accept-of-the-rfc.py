# SPDX-License-Identifier: GPL-2.0-only
"""A microcontroller's server has the Sec-WebSocket-Accept of the RFC's example built in."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "esp8266 forum: Error during WebSocket handshake: Incorrect Sec-WebSocket-Accept header value",
    "en",
    # The accept value does not belong to this key; it is the one of the example in RFC 6455.
    right=Verdict("bad-accept", certainty="certain", says=("Accept",)),
    never=("subprotocol", "extension", "early-client-close", "no-goodbye", "cache"),
)


def run(lab, broken):
    def esp(peer):
        peer.read_head()
        if broken:
            peer.raw(wire.response_head())
            peer.wait_end()
        else:
            peer.accept().echo()

    port = lab.serve(esp)
    lab.watch()
    if broken:
        said = lab.node_client(port)
        assert "Sec-WebSocket-Accept" in said, said
    else:
        assert lab.talk(port) == 101
