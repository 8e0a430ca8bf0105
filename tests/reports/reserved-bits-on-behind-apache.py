# SPDX-License-Identifier: GPL-2.0-only
"""Chrome: one or more reserved bits are on: reserved1 = 0, reserved2 = 1, reserved3 = 1."""
from lab import Report, Verdict, wire

REPORT = Report(
    "jupyterhub/jupyterhub#219", "en",
    # Apache writes its error page into the WebSocket: "<!" has just these bits.
    right=Verdict("http-after-101", says=("HTML|page",)),
    never=("rsv-not-agreed", "extension", "compress", "bad-frame"),
)
PAGE = """<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>502 Proxy Error</title>
</head><body>
<h1>Proxy Error</h1>
<p>The proxy server received an invalid
response from an upstream server.<br />
</body></html>
"""


def run(lab, broken):
    def apache(peer):
        peer.accept()
        peer.send(wire.TEXT, peer.message())
        if broken:
            peer.raw(PAGE)
            return
        peer.echo()

    server = lab.serve(apache)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/api/kernels/1/channels")[0] == 101
    client.chat('{"msg_type":"kernel_info_request"}')
    if broken:
        wire.recv_exactly(client.sock, 2)  # "<!", which Chrome rejects once it is there
        client.goodbye(1002)
    else:
        client.goodbye()
