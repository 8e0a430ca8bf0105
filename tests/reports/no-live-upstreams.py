# SPDX-License-Identifier: GPL-2.0-only
"""nginx answers 502 and tries nothing: its only upstreams failed a moment ago."""
from lab import UPGRADE, Report, Verdict

RIGHT = Verdict(
    "upstream-down refused",
    says=("no live upstreams|not tried|failed a moment|max_fails",),
    hop="nginx",
)
REPORT = Report(
    "adi90x/rancher-active-proxy#6",
    "en",
    right=RIGHT,
    dump=RIGHT.but(says=("no live upstreams|not tried",)),
    never=("not among the ports", "tls-mismatch", "proxy-rejected-101"),
)


def run(lab, broken):
    a, b = (lab.port(), lab.port()) if broken else (lab.ws(), lab.ws())
    front = lab.nginx(
        "location / { %s proxy_pass http://both; }" % UPGRADE,
        http="upstream both { server 127.0.0.1:%d; server 127.0.0.1:%d; }" % (a, b),
    )
    lab.talk(front)
    lab.watch()
    assert lab.talk(front) == (502 if broken else 101)
