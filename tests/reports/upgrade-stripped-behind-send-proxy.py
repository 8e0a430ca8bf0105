# SPDX-License-Identifier: GPL-2.0-only
"""Behind HAProxy's send-proxy, v1 or v2, nginx removes the Upgrade header: nginx is named, not HAProxy."""
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
    versions = {e["via_proxy"]["version"] for e in events if e.get("via_proxy")}
    assert versions == {1, 2}, f"real clients' addresses by version {versions} alone"


def run(lab, broken):
    middle = lab.port()
    lab.nginx(
        "",
        http="server { listen 127.0.0.1:%d proxy_protocol; %s }"
        % (middle, location(lab.ws(), more="" if broken else UPGRADE)),
    )
    fronts = [lab.haproxy(middle, f"default-server {sends}")
              for sends in ("send-proxy", "send-proxy-v2")]
    lab.watch()
    assert {lab.talk(front) for front in fronts} == {426 if broken else 101}
