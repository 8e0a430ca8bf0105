# SPDX-License-Identifier: GPL-2.0-only
"""The browser says: received a broken close frame containing a reserved status code."""
from lab import Report, Verdict, wire

REPORT = Report(
    "novnc/noVNC#1479", "en",
    # noVNC closes without a code; websockify answers with 1005, which no frame may carry.
    right=Verdict("bad-close", says=("1005",)),
    never=("bad-frame", "app-error", "half-open"),
)


def run(lab, broken):
    def websockify(peer):
        peer.accept([("Sec-WebSocket-Protocol", "binary")])
        peer.send(wire.BINARY, b"RFB 003.008\n")
        while peer.recv()[0] != wire.CLOSE:
            pass
        peer.send(wire.CLOSE, wire.close_payload(1005) if broken else b"")

    server = lab.serve(websockify)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/websockify", {"Sec-WebSocket-Protocol": "binary"})[0] == 101
    client.message()
    client.send(wire.BINARY, b"RFB 003.008\n")
    client.send(wire.CLOSE, b"")
    client.wait_end()
    client.close()
