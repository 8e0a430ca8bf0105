# SPDX-License-Identifier: GPL-2.0-only
"""An old page gets 400 from Socket.IO, the new one beside it works."""
from lab import Report, Verdict

REPORT = Report(
    "socketio/socket.io#4381", "en",
    right=Verdict("refused bad-version", says=("protocol version|allowEIO3",)),
    never=("sticky", "upgrade-stripped", "auth"),
)


def run(lab, broken):
    def engine(peer):
        peer.read_head()
        if "EIO=3" in peer.target:
            peer.refuse("400 Bad Request", '{"code":5,"message":"Unsupported protocol version"}',
                        [("Content-Type", "application/json"), ("Connection", "close")])
            return
        peer.accept().echo()

    server = lab.serve(engine)
    lab.watch()
    assert lab.talk(server, "/socket.io/?EIO=4&transport=websocket") == 101
    version = 3 if broken else 4
    assert lab.talk(server, f"/socket.io/?EIO={version}&transport=websocket") \
        == (400 if broken else 101)
