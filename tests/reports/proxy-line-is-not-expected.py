# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy sends the PROXY protocol to a server that does not expect it; the server answers 400."""
from lab import Report, Verdict, location

RIGHT = Verdict("proxy-protocol", says=("PROXY", "proxy_protocol|send-proxy|expect"))
REPORT = Report(
    "vernemq/vernemq#1703", "en", right=RIGHT, never=("tls-mismatch", "bad-request-line", "auth")
)


def run(lab, broken):
    middle = lab.port()
    conf = "server { listen 127.0.0.1:%d%s; %s }" % (
        middle,
        "" if broken else " proxy_protocol",
        location(lab.ws()),
    )
    lab.nginx("", http=conf)
    front = lab.haproxy(middle, "default-server send-proxy")
    lab.watch()
    assert lab.talk(front) == (400 if broken else 101)
