# SPDX-License-Identifier: GPL-2.0-only
"""SignalR with Windows authentication: a 401, then the 101, on one connection; all is well."""
from lab import Report

REPORT = Report("dotnet/aspnetcore#26885", "en", never=("auth",))


def server(peer):
    peer.read_head()
    while not peer.header("Authorization"):
        peer.refuse("401 Unauthorized", headers=[("WWW-Authenticate", "Negotiate")])
        peer.read_head()
    peer.accept().echo()


def run(lab, broken):
    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade("/hub")[0] == 401
        assert client.upgrade("/hub", {"Authorization": "Negotiate YII="})[0] == 101
        client.chat("hello")
        client.goodbye()
