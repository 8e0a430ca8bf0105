# SPDX-License-Identifier: GPL-2.0-only
"""The client closes with 1002, once for reserved bits, once for a fragmented control frame."""
from lab import Report, Verdict, wire

REPORT = Report(
    "TakahikoKawasaki/nv-websocket-client#14", "en",
    # The server's payload is longer than its header says: what is left over is read as a header.
    right=Verdict("bad-frame rsv-not-agreed http-after-101", says=(r"server|python3 on",)),
    never=("compress", "client-error", "app-error", "mask-c2s", "client 127.0.0.1 (wrote|sent)"),
)
REASONS = ("At least one of the reserved bits of a frame is set: RSV1=true,RSV2=true,RSV3=true",
           "A control frame is fragmented.")


def run(lab, broken):
    def libwebsockets(peer):
        peer.accept()
        for _ in range(3):
            whole = peer.frame(wire.TEXT, '{"temperature":21.5,"name":"K\u00fcche"}')
            peer.raw(whole[:1] + bytes([whole[1] - (1 if broken else 0)]) + whole[2:])
        peer.echo()

    server = lab.serve(libwebsockets)
    lab.watch()
    for reason in REASONS:
        client = lab.connect(server)
        assert client.upgrade()[0] == 101
        client.recv()
        if broken:
            client.goodbye(1002, reason)
            continue
        client.recv()
        client.recv()
        client.goodbye()
