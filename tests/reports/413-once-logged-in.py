# SPDX-License-Identifier: GPL-2.0-only
"""Chrome gets 413 to the handshake, other browsers do not."""
from lab import Report, Verdict

REPORT = Report(
    "voryx/Thruway#89", "en",
    # Ratchet takes heads of 4096 bytes; Chrome has more cookies.
    right=Verdict("too-large-head", says=(r"4[ ,]?[2-9]\d\d|4\.\d", "cookie")),
    never=("auth", "too-big"),
)


def run(lab, broken):
    def ratchet(peer):
        if len(peer.read_head()) > 4096:
            peer.raw("HTTP/1.1 413 Request Entity Too Large\r\nX-Powered-By: Ratchet/0.3.3\r\n\r\n")
            return
        peer.accept().echo()

    server = lab.serve(ratchet)
    lab.watch()
    cookie = {"Cookie": "litcal_id_token=" + "x" * (4200 if broken else 2000)}
    assert lab.talk(server, "/", cookie) == (413 if broken else 101)
