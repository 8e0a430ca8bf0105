# SPDX-License-Identifier: GPL-2.0-only
"""A token sent as subprotocol: the server says 101, the browser that no response was received."""
from lab import Report, Verdict

REPORT = Report(
    "duanhongyi/dwebsocket#69", "zh",
    right=Verdict("subprotocol", says=("subprotocol|Sec-WebSocket-Protocol",)),
    never=("early-client-close", "no-goodbye", "auth"),
)


def run(lab, broken):
    def django(peer):
        peer.read_head()
        peer.accept(() if broken else [("Sec-WebSocket-Protocol", "eyJhbGciOi")])
        peer.echo()

    server = lab.serve(django)
    lab.watch()
    client = lab.connect(server)
    status, headers = client.upgrade("/ws/chat/", {"Sec-WebSocket-Protocol": "eyJhbGciOi",
                                                   "Origin": "http://localhost:8080"})
    assert status == 101
    if "sec-websocket-protocol" not in headers:  # as Chrome does
        client.close()
        return
    client.chat("hello")
    client.goodbye()
