# SPDX-License-Identifier: GPL-2.0-only
"""A PLC's own server masks its frames."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "home-assistant forum: Received frame with mask from server, One or more reserved bits",
    "en",
    right=Verdict("mask-s2c", certainty="certain", says=("mask",)),
    never=("mask-c2s", "extension", "app-error", "proxy", "no-goodbye"),
)


def run(lab, broken):
    def plc(peer):
        peer.accept()
        peer.send(wire.TEXT, "hello", mask=b"\x01\x02\x03\x04" if broken else None)
        peer.echo()

    port = lab.serve(plc)
    lab.watch()
    said = lab.ask_node(
        """const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws');
        ws.on('message', m => { console.log('got'); ws.close(1000); });
        ws.on('error', e => console.log('error', e.message));""",
        port,
    )
    assert ("error" in said) == broken, said
