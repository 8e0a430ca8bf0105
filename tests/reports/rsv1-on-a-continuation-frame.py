# SPDX-License-Identifier: GPL-2.0-only
"""A client sets RSV1 on every fragment of a compressed message; node's ws closes with 1002."""
import zlib

from lab import Report, Verdict
import wire

REPORT = Report(
    "jetty/jetty.project#3159",
    "en",
    # Only a message's first frame may have RSV1; the client's later fragments have it, too.
    right=Verdict("rsv-not-agreed bad-frame", says=("RSV1", "cont")),
    never=("extension", "app-error", "mask-c2s", "bad-utf8", "http-after-101"),
)


def run(lab, broken):
    port = lab.ws(options="perMessageDeflate: { threshold: 0 }")
    lab.watch()
    with lab.connect(port) as client:
        status, headers = client.upgrade(headers={"Sec-WebSocket-Extensions": "permessage-deflate"})
        assert status == 101 and "permessage-deflate" in headers["sec-websocket-extensions"]
        packer = zlib.compressobj(wbits=-15)
        data = (packer.compress(b"hello hello hello") + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        client.send(wire.TEXT, data[:3], fin=False, rsv=4)
        client.send(wire.CONT, data[3:], rsv=4 if broken else 0)
        op, payload, _ = client.recv()
        if broken:
            assert (op, payload[:2]) == (wire.CLOSE, b"\x03\xea"), payload
            client.send(op, payload)
            client.wait_end()
        else:
            client.goodbye()
