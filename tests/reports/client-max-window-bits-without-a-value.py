# SPDX-License-Identifier: GPL-2.0-only
"""The 101 repeats client_max_window_bits without a value, as the offer had it; node's ws rejects it."""
from lab import Report, Verdict, wire

RIGHT = Verdict("extension bad-101", says=("client_max_window_bits",))
REPORT = Report("Robert-112/Bauglir-WebSocket-2#2", "en", right=RIGHT, never=("early-client-close", "bad-accept"))
CLIENT = """
const ws = new WebSocket(`ws://127.0.0.1:${PORT}/ws`);
ws.on('error', e => console.log('error', e.message)).on('open', () => { console.log('open'); ws.close(1000); });
"""


def run(lab, broken):
    def server(peer):
        peer.read_head()
        head = wire.response_head([("Sec-WebSocket-Extensions", "permessage-deflate")], wire.accept_key(peer.header("Sec-WebSocket-Key")))
        peer.raw(head.replace(b"deflate", b"deflate; client_max_window_bits") if broken else head)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.ask_node(CLIENT, port)
    assert ("error" in said) == broken, said
