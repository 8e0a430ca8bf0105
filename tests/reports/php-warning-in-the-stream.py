# SPDX-License-Identifier: GPL-2.0-only
"""A PHP server's warning goes to the socket behind the 101, where frames should be."""
from lab import Report, Verdict

RIGHT = Verdict("http-after-101", says=("PHP|Warning|text",))
REPORT = Report(
    "morozovsk/websocket#10",
    "ru",
    right=RIGHT,
    never=("rsv-not-agreed", "mask-s2c", "compress"),
)
CLIENT = """
const ws = new WebSocket(`ws://127.0.0.1:${PORT}/ws`);
ws.on('error', e => console.log('error', e.message)).on('open', () => ws.send('hello'))
  .on('message', () => ws.close(1000));
"""


def run(lab, broken):
    def server(peer):
        peer.accept()
        if broken:
            peer.raw("PHP Warning:  Undefined variable $user in /srv/app/chat.php on line 42\n")
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.ask_node(CLIENT, port)
    assert ("error" in said) == broken, said
