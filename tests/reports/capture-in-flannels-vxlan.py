# SPDX-License-Identifier: GPL-2.0-only
"""A capture on a Kubernetes node's eth0: all in VXLAN on port 8472, flannel's."""
import struct

from lab import Report, Verdict
import capture
import wire

REPORT = Report(
    "flannel-io/flannel: tcpdump on eth0 shows OTV, UDP 8472 only",
    "en",
    right=Verdict("mask-s2c"),
    never=("no-goodbye", "half-open", "mask-c2s"),
)


def edit(dump):
    packets = capture.read(dump)
    for packet in packets:
        inner = b"\x08\0\0\0\0\0\x01\0" + packet[1]
        udp = struct.pack("!HHHH", 41234, 8472, 8 + len(inner), 0) + inner
        packet[1] = capture.ethernet(capture.ipv4(17, udp))
    capture.write(dump, packets)


def run(lab, broken):
    def server(peer):
        peer.accept()
        peer.send(wire.TEXT, "hello", mask=b"\x01\x02\x03\x04" if broken else None)
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.message()
        client.goodbye()
