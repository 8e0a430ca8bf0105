# SPDX-License-Identifier: GPL-2.0-only
"""Mail and telnet-like protocols on a traced port: the server speaks first; no word about them."""
from lab import Report

REPORT = Report("ntop/nDPI#2922", "en")


def server(peer):
    peer.raw("220 mail.example.com ESMTP Postfix\r\n")
    while line := peer.sock.recv(1000):
        peer.raw("221 2.0.0 Bye\r\n" if line.startswith(b"QUIT") else "250 2.1.0 Ok\r\n")


def run(lab, broken):
    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        client.sock.recv(1000)
        for line in (
            "EHLO client.example.com",
            "MAIL FROM:<a@example.com>",
            "\x16\x03\x01",
            "QUIT",
        ):
            client.raw(line + "\r\n")
            client.sock.recv(1000)
