# SPDX-License-Identifier: GPL-2.0-only
"""MessagePack-RPC on a watched port, joined in its midst."""

from lab import Report

REPORT = Report(
    "msgpack-rpc of a render farm, wstrace -p any: an ordinary set-up", "en", right=None
)


def check(lab, medium, events, said):
    frames = [e for e in events if e.get("type", e.get("event")) == "frame"]
    assert len(frames) < 4, f"{len(frames)} frames of what is no WebSocket"


def run(lab, broken):
    def server(peer):
        while data := peer.sock.recv(4096):
            peer.raw(b"\x94\x01" + data[2:3] + b"\xc0\x82\xa4name\xa5worker\xa3age\x2a"[:18])

    port = lab.serve(server)
    client = lab.connect(port)
    client.raw(b"\x94\x00\x01\xa5hello\x90")
    client.sock.recv(4096)
    lab.watch()
    for i in range(40):
        client.raw(
            b"\x82\xa4name\xa5hello\xa4data\xdc" + bytes([i]) * 40
            if i % 2
            else b"\x94\x00" + bytes([i]) + b"\xa5hello\x90"
        )
        client.sock.recv(4096)
    client.close()
