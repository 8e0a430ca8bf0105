# SPDX-License-Identifier: GPL-2.0-only
"""A reverse connection fails with "no subprotocols supported", again and again."""
from lab import Report, Verdict

REPORT = Report(
    "JustUndertaker/ComWeChatBotClient#7", "zh",
    # The server names a subprotocol that the client never offered; python3-websockets refuses that.
    right=Verdict("subprotocol bad-101", says=("ComWeChat", r"offer|ask")),
    never=("early-client-close", "no-goodbye"),
)


def run(lab, broken):
    server = lab.serve(lambda peer: peer.accept([("Sec-WebSocket-Protocol", "ComWeChat")]).echo())
    lab.watch()
    for _ in range(2):
        with lab.connect(server) as client:
            offer = {} if broken else {"Sec-WebSocket-Protocol": "ComWeChat"}
            assert client.upgrade("/", offer)[0] == 101
            if not broken:
                client.chat("hello")
                client.goodbye()
