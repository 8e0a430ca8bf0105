# SPDX-License-Identifier: GPL-2.0-only
"""The page asks with wss:// where the server speaks plain ws://."""
from lab import Report, Verdict

RIGHT = Verdict("tls-mismatch", says=("TLS", "ws://|wss"))
REPORT = Report("websockets/ws#1839", "en", right=RIGHT, never=("bad-request-line", "no-goodbye", "refused"))
CLIENT = """
const ws = new WebSocket(`%s://127.0.0.1:${PORT}/ws`, { rejectUnauthorized: false });
ws.on('error', e => console.log('error', e.message)).on('open', () => { console.log('open'); ws.close(1000); });
"""


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    said = lab.ask_node(CLIENT % ("wss" if broken else "ws"), port)
    assert ("error" in said) == broken, said
