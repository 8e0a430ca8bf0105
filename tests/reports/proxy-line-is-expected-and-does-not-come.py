# SPDX-License-Identifier: GPL-2.0-only
"""nginx listens with proxy_protocol, and clients come directly: it hangs up without an answer."""
from lab import Report, Verdict, location

RIGHT = Verdict("proxy-protocol", "likely", says=("PROXY", "expect|missing|not sen|without"))
REPORT = Report(
    "fatedier/frp#2254",
    "en",
    right=RIGHT,
    dump=Verdict("proxy-protocol refused"),
    never=("upstream-mute", "upstream-down", "app-error"),
)


def run(lab, broken):
    front = lab.port()
    lab.nginx(
        "",
        http="server { listen 127.0.0.1:%d%s; %s }"
        % (front, " proxy_protocol" if broken else "", location(lab.ws())),
    )
    lab.watch()
    statuses = [lab.talk(front) for _ in range(2)]
    assert statuses == ([0, 0] if broken else [101, 101])
