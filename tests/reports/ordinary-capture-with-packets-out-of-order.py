# SPDX-License-Identifier: GPL-2.0-only
"""Two queues of a network card: neighbouring packets are swapped, some come twice."""
from lab import Report
import capture

REPORT = Report("multi-queue captures out of order: an ordinary capture", "en", right=None)


def edit(dump):
    packets = capture.read(dump)
    for i in range(6, len(packets) - 8, 3):
        a, b = packets[i], packets[i + 1]
        a[1], b[1] = b[1], a[1]
    for i in range(10, len(packets) - 8, 7):
        packets.insert(i + 1, [packets[i][0] + 100, packets[i][1]])
    capture.write(dump, packets)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.chat(*(f"message {i} " + "x" * 50 * i for i in range(20)))
        client.goodbye()
