# SPDX-License-Identifier: GPL-2.0-only
"""The 101 grants permessage-deflate twice; Chromium rejects it: it hangs up."""
from lab import Report, Verdict

RIGHT = Verdict("extension bad-101", says=("permessage-deflate", "twice|two|2 |more than one"))
REPORT = Report("netty/netty#13176", "en", right=RIGHT, never=("early-client-close", "bad-accept"))


def run(lab, broken):
    grant = "permessage-deflate" + ", permessage-deflate" * broken
    port = lab.serve(lambda peer: peer.accept([("Sec-WebSocket-Extensions", grant)]).echo())
    lab.watch()
    with lab.connect(port) as client:
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
        assert client.upgrade("/ws", offer)[0] == 101
        if not broken:
            client.chat("hello")
            client.goodbye()
