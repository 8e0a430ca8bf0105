# SPDX-License-Identifier: GPL-2.0-only
"""tcpdump -i any of today writes LINUX_SLL2; a 403 for an Origin must be seen in it."""
import struct

from lab import Report, Verdict
import capture

REPORT = Report(
    "the-tcpdump-group/tcpdump: data link type LINUX_SLL2 with -i any",
    "en",
    right=Verdict("origin-403", says=("evil.example",)),
    never=("not-found", "auth", "upgrade-stripped"),
)


def edit(dump):
    packets = capture.read(dump)
    for packet in packets:
        packet[1] = b"\x08\0\0\0" + struct.pack("!IHBB", 1, 772, 0, 6) + bytes(8) + packet[1][14:]
    capture.write(dump, packets)
    data = bytearray(dump.read_bytes())
    struct.pack_into("<I", data, 20, 276)
    dump.write_bytes(data)


def run(lab, broken):
    def server(peer):
        peer.read_head()
        if "evil" in peer.header("Origin"):
            peer.refuse("403 Forbidden", "Invalid origin")
        else:
            peer.accept().echo()

    port = lab.serve(server)
    lab.watch()
    assert lab.talk(port, headers={"Origin": "https://good.example"}) == 101
    name = "https://evil.example" if broken else "https://good.example"
    assert lab.talk(port, headers={"Origin": name}) == (403 if broken else 101)
