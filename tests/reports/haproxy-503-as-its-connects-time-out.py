# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy answers 503 after a while: the SYNs to its server are not answered."""
from lab import Report, Verdict

REPORT = Report(
    "haproxy discourse: 503 SC-- / sC-- after timeout connect",
    "en",
    # HAProxy tried to connect to its server, and nobody answered the SYN.
    right=Verdict("upstream-down accept-queue", says=("haproxy|answer|connect|accept",)),
    never=(
        "origin-403",
        "auth",
        "app-error",
        "not-found",
        "idle-timeout",
        "tls-mismatch",
        "refused",
    ),
)


def run(lab, broken):
    if broken:
        back = lab.serve(lambda peer: peer.accept().echo(), backlog=0, accepts=False)
        lab.connect(back)  # fills the queue
    else:
        back = lab.serve(lambda peer: peer.accept().echo())
    front = lab.port()
    lab.start(
        [front],
        "haproxy",
        f"""
defaults
  mode http
  timeout connect 1s
  retries 0
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
listen l
  bind 127.0.0.1:{front}
  server s 127.0.0.1:{back}
""",
        "-db",
        "-f",
    )
    lab.watch()
    assert lab.talk(front) == (503 if broken else 101)
