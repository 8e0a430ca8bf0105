# SPDX-License-Identifier: GPL-2.0-only
"""SignalR on two servers, round robin: the id that one of them gave is a 404 at the other."""
import json
import os

from lab import UPGRADE, Report, Verdict

RIGHT = Verdict("sticky", says=("negotiat|session|connection id|another server|same server",))
REPORT = Report(
    "dotnet/aspnetcore#17369",
    "en",
    right=RIGHT,
    never=("auth", "path-rewritten", "compare the path"),
)


def hub():
    known = set()

    def server(peer):
        while peer.read_head():
            if peer.target.startswith("/hub/negotiate"):
                known.add(os.urandom(12).hex())
                peer.refuse("200 OK", json.dumps({"connectionId": max(known)}))
                peer.token = max(known)
            elif peer.target.partition("id=")[2] in known:
                peer.accept().echo()
                return
            else:
                peer.refuse("404 Not Found", "No Connection with that ID")

    return server


def run(lab, broken):
    a, b = lab.serve(hub()), lab.serve(hub())
    front = lab.nginx(
        "location / { %s proxy_pass http://hubs; }" % UPGRADE,
        http="upstream hubs { %s server 127.0.0.1:%d; "
        "server 127.0.0.1:%d; }" % ("" if broken else "ip_hash;", a, b),
    )
    lab.watch()
    for _ in range(2):
        with lab.connect(front) as client:
            client.raw(
                "POST /hub/negotiate?negotiateVersion=0 HTTP/1.1\r\n"
                "Host: localhost\r\nContent-Length: 0\r\n\r\n"
            )
            status, headers = client.answer()
            assert status == 200
            token = json.loads(client.sock.recv(int(headers["content-length"])))["connectionId"]
        assert lab.talk(front, f"/hub?id={token}") == (404 if broken else 101)
