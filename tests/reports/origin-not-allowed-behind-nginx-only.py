# SPDX-License-Identifier: GPL-2.0-only
"""Grafana Live gets 403 behind nginx, and works without it."""
from lab import UPGRADE, Report, Verdict, location

RIGHT = Verdict("origin-403", says=("proxy_set_header Host",), hop="nginx")
REPORT = Report(
    "grafana/grafana#34537", "en",
    # Grafana compares Origin with Host, and nginx sends its upstream's address as Host.
    right=RIGHT, dump=RIGHT.but(says=("Host",)),
    never=("auth", "upgrade-stripped"),
)


def run(lab, broken):
    def grafana(peer):
        peer.read_head()
        if peer.header("Origin") != "http://" + peer.header("Host"):
            peer.refuse("403 Forbidden", "origin not allowed",
                        [("Content-Type", "text/plain; charset=utf-8")])
            peer.wait_end()
            return
        peer.accept().echo()

    more = UPGRADE + ("" if broken else " proxy_set_header Host $http_host;")
    front = lab.nginx(location(lab.serve(grafana), more=more))
    lab.watch()
    client = lab.connect(front)
    status, _ = client.upgrade("/api/live/ws", {"Origin": "http://grafana.example.com"},
                               host="grafana.example.com")
    assert status == (403 if broken else 101)
    if not broken:
        client.chat("hello")
        client.goodbye()
    client.close()
