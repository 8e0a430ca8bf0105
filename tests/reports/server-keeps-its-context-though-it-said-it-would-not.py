# SPDX-License-Identifier: GPL-2.0-only
"""After the first message clients fail."""
import zlib

from lab import Report, Verdict
import wire

REPORT = Report(
    "faye/permessage-deflate-ruby: invalid distance too far back on the second message",
    "en",
    # The second message refers back to the first, which the 101 had ruled out: it cannot be
    # inflated.
    right=Verdict("bad-frame rsv-not-agreed extension", says=("inflate|decompress|deflate|zlib",)),
    never=("mask-s2c", "bad-utf8", "app-error", "backend-restart", "http-after-101"),
)


def run(lab, broken):
    def server(peer):
        peer.accept(
            [("Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover")]
        )
        packer = zlib.compressobj(wbits=-15)
        for _ in range(2):
            if not broken:
                packer = zlib.compressobj(wbits=-15)
            data = packer.compress(b"a rather long text that comes again and again, " * 3)
            peer.send(wire.TEXT, (data + packer.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv=4)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    said = lab.ask_node(
        """let n = 0;
        const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws',
            { perMessageDeflate: { serverNoContextTakeover: true } });
        ws.on('message', m => { console.log('got', m.length); if (++n == 2) ws.close(1000); });
        ws.on('error', e => console.log('error', e.message));""",
        port,
    )
    assert ("error" in said) == broken, said
