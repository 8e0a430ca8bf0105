# SPDX-License-Identifier: GPL-2.0-only
"""A proxy makes Connection: close of the 101's Connection: Upgrade; node's ws rejects it."""
from lab import Report, Verdict, wire

RIGHT = Verdict("bad-101", says=("Connection", "close|upgrade"))
REPORT = Report("mopemope/meinheld#51", "en", right=RIGHT, never=("early-client-close", "bad-accept", "upgrade-stripped"))
CLIENT = """
const ws = new WebSocket(`ws://127.0.0.1:${PORT}/ws`);
ws.on('error', e => console.log('error', e.message)).on('open', () => { console.log('open'); ws.close(1000); });
"""


def run(lab, broken):
    def server(peer):
        peer.read_head()
        head = wire.response_head((), wire.accept_key(peer.header("Sec-WebSocket-Key")))
        peer.raw(head.replace(b"Connection: Upgrade", b"Connection: close") if broken else head)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.ask_node(CLIENT, port)
    assert ("error" in said) == broken, said
