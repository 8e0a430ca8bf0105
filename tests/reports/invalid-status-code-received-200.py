# SPDX-License-Identifier: GPL-2.0-only
"""A STOMP client on Android: Invalid status code received: 200."""
from lab import Report, Verdict

REPORT = Report(
    "NaikSoftware/StompProtocolAndroid#105", "en",
    # The path is SockJS' own; the WebSocket is at PATH/websocket.
    right=Verdict("refused not-found", says=("SockJS",)),
    never=("upgrade-stripped", "upstream-http10", "auth"),
)


def run(lab, broken):
    def spring(peer):
        peer.read_head()
        if not peer.target.endswith("/websocket"):
            peer.refuse("200 ", "Welcome to SockJS!\n",
                        [("Content-Type", "text/plain;charset=UTF-8")])
            peer.wait_end()
            return
        peer.accept().echo()

    server = lab.serve(spring)
    lab.watch()
    path = "/example-endpoint" + ("" if broken else "/websocket")
    assert lab.talk(server, path) == (200 if broken else 101)
