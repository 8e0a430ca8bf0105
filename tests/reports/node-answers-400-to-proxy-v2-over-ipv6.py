# SPDX-License-Identifier: GPL-2.0-only
"""A load balancer sends PROXY v2 with TLVs over IPv6; node answers each connection with 400."""
import struct

from lab import Report, Verdict

REPORT = Report(
    "kubernetes/ingress-nginx: NLB with proxy protocol v2 in front of a plain service",
    "en",
    # The head begins with a PROXY v2 header, and the server does not know these.
    right=Verdict("proxy-protocol", says=("PROXY",)),
    never=("tls-mismatch", "no-key", "bad-request-line", "refused", "auth", "not WebSocket"),
)


def header():
    tlvs = b"\xea\x00\x17\x01vpce-08d2bf15fac5001c\x00" + b"\x05\x00\x04id-1"
    addresses = bytes.fromhex("20010db8" + "0" * 23 + "7") + bytes(15) + b"\x01"
    data = addresses + struct.pack("!HH", 51234, 443) + tlvs
    return b"\r\n\r\n\x00\r\nQUIT\n\x21\x21" + struct.pack("!H", len(data)) + data


def run(lab, broken):
    back = lab.node(
        """const s = http.createServer((q, r) => r.end('no'));
        new WebSocket.Server({ server: s }).on('connection', ws => ws.on('message', m =>
            ws.send(m)));
        s.listen(PORT, '::1');"""
    )
    lab.watch()
    with lab.connect(back, host="::1") as client:
        if broken:
            client.raw(header())
        status, _ = client.upgrade()
        assert status == (400 if broken else 101)
        if status == 101:
            client.chat("hello")
            client.goodbye()
