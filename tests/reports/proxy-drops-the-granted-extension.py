# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy deletes Sec-WebSocket-Extensions from the 101."""
from lab import Report, Verdict

REPORT = Report(
    "websockets/ws#1140",
    "en",
    # The server granted permessage-deflate, HAProxy took the header out of the answer.
    right=Verdict(
        "extension rsv-not-agreed",
        says=("haproxy|removed|changed|stripped|between|one side only", "Extensions|deflate"),
    ),
    never=("subprotocol", "app-error", "mend the sender", "bad-101", "http-after-101", "mask-s2c"),
)


def run(lab, broken):
    back = lab.ws(options="perMessageDeflate: { threshold: 0 }")
    front = lab.haproxy(back, "http-response del-header sec-websocket-extensions" if broken else "")
    lab.watch()
    said = lab.ask_node(
        """const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws');
        ws.on('open', () => ws.send('hello hello hello hello'));
        ws.on('message', m => { console.log('got', String(m)); ws.close(1000); });
        ws.on('error', e => console.log('error', e.message));""",
        front,
    )
    assert ("error" if broken else "got hello") in said, said
