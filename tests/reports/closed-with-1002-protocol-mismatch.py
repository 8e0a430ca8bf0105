# SPDX-License-Identifier: GPL-2.0-only
"""The desktop client gets 1002 from the server after an update."""
from lab import Report, Verdict, wire

REPORT = Report(
    "qingchencloud/clawpanel#336", "zh",
    # The application's own protocol: the client speaks version 3, the server wants 4.
    right=Verdict("policy app-error", says=("protocol mismatch",)),
    never=("bad-frame", "mask-c2s", "rsv-not-agreed", "subprotocol", "extension"),
)


def run(lab, broken):
    def gateway(peer):
        peer.accept()
        if b'"max":3' in peer.recv()[1]:
            peer.send(wire.CLOSE, wire.close_payload(1002, "protocol mismatch"))
            peer.recv()
            return
        peer.send(wire.TEXT, '{"type":"hello-ok","protocol":4}')
        peer.echo()

    server = lab.serve(gateway)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/", {"Origin": "http://tauri.localhost"})[0] == 101
    client.send(wire.TEXT, '{"type":"connect","min":%d,"max":%d}' % ((3, 3) if broken else (4, 4)))
    op, payload, _ = client.recv()
    assert op == (wire.CLOSE if broken else wire.TEXT)
    if broken:
        client.send(wire.CLOSE, payload)
        client.wait_end()
    else:
        client.goodbye()
