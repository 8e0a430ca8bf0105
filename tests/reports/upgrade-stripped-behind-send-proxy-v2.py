# SPDX-License-Identifier: GPL-2.0-only
"""Behind HAProxy's send-proxy-v2 nginx removes the Upgrade header: nginx is named, not HAProxy."""
from lab import UPGRADE, Report, Verdict, location

RIGHT = Verdict("upgrade-stripped", says=("proxy_set_header Upgrade",), hop="nginx")
REPORT = Report(
    "kubernetes/ingress-nginx#3746",
    "en",
    right=RIGHT,
    dump=RIGHT.but(says=()),
    never=("proxy-protocol", "tls-mismatch", "haproxy.*(removed|dropped|stripped)"),
)


def check(lab, medium, events, said):
    assert any(
        e.get("via_proxy") for e in events if e["type"] == "open"
    ), "no real client's address"


def run(lab, broken):
    middle = lab.port()
    lab.nginx(
        "",
        http="server { listen 127.0.0.1:%d proxy_protocol; %s }"
        % (middle, location(lab.ws(), more="" if broken else UPGRADE)),
    )
    front = lab.haproxy(middle, "default-server send-proxy-v2")
    lab.watch()
    assert lab.talk(front) == (426 if broken else 101)
