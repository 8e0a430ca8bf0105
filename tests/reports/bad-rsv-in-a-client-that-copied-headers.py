# SPDX-License-Identifier: GPL-2.0-only
"""A client that sends a browser's headers fails: bad rsv RSV1: true RSV2: false RSV3: false."""
import zlib

from lab import Report, Verdict, wire

REPORT = Report(
    "TooTallNate/Java-WebSocket#990", "en",
    # It offers permessage-deflate, the server agrees, and the client cannot inflate.
    right=Verdict("extension client-error", says=("permessage-deflate|compress", "client")),
    never=("rsv-not-agreed", "bad-frame", "app-error"),
)
DEFLATE = "permessage-deflate; server_no_context_takeover"


def run(lab, broken):
    def server(peer):
        peer.read_head()
        agreed = "permessage-deflate" in peer.header("Sec-WebSocket-Extensions")
        peer.accept([("Sec-WebSocket-Extensions", DEFLATE)] if agreed else ())
        squeeze = zlib.compressobj(wbits=-15)
        small = squeeze.compress(b"tick " * 40) + squeeze.flush(zlib.Z_SYNC_FLUSH)
        peer.send(wire.TEXT, small[:-4] if agreed else b"tick", rsv=4 if agreed else 0)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    client = lab.connect(port)
    offer = {"Sec-WebSocket-Extensions": DEFLATE + "; client_max_window_bits"} if broken else {}
    assert client.upgrade("/zap", offer)[0] == 101
    client.recv()
    if broken:
        client.goodbye(1002, "bad rsv RSV1: true RSV2: false RSV3: false")
    else:
        client.goodbye()
