# SPDX-License-Identifier: GPL-2.0-only
"""The server repeats the whole list of subprotocols; node's ws rejects the 101."""
from lab import Report, Verdict

RIGHT = Verdict("subprotocol bad-101", certainty="certain", says=("ocpp1.6, ?ocpp1.5|list|one of",))
REPORT = Report(
    "civetweb/civetweb#295", "en", right=RIGHT, never=("early-client-close", "extension")
)


def run(lab, broken):
    offer = "ocpp1.6, ocpp1.5" if broken else "ocpp1.6"
    port = lab.serve(lambda peer: peer.accept([("Sec-WebSocket-Protocol", offer)]).echo())
    lab.watch()
    said = lab.node_client(port, ", ['ocpp1.6', 'ocpp1.5']")
    assert ("open" in said) != broken, said
