# SPDX-License-Identifier: GPL-2.0-only
"""graphql-ws closes with 4408: the client never sent connection_init."""
from lab import Report, Verdict

REPORT = Report(
    "enisdenjo/graphql-ws: 4408 Connection initialisation timeout",
    "en",
    # The server gave up: it waited for connection_init, which did not come. Its own code and words.
    right=Verdict("policy app-error idle-timeout", says=("4408", "initialisation timeout")),
    never=(
        "backend-restart",
        "half-open",
        "server-heartbeat",
        "proxy_read_timeout",
        "close-timeout",
    ),
)


def run(lab, broken):
    port = lab.ws(
        """const t = setTimeout(() => ws.close(4408, 'Connection initialisation timeout'), 1000);
        ws.on('message', m => { clearTimeout(t); ws.send('{"type":"connection_ack"}'); });""",
        "handleProtocols: () => 'graphql-transport-ws'",
    )
    lab.watch()
    said = lab.ask_node(
        """const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws', 'graphql-transport-ws');
        ws.on('open', () =>
            { if (process.argv[2] == 'init') ws.send('{"type":"connection_init"}'); });
        ws.on('message', () => ws.close(1000));
        ws.on('close', c => console.log(c));""",
        port,
        "no" if broken else "init",
    )
    assert ("4408" if broken else "1000") in said, said
