# SPDX-License-Identifier: GPL-2.0-only
"""nginx's worker_connections are used up: handshakes get 500, or are hung up on."""

from lab import Report, Verdict
from diag_lab import NGINX, UPGRADE

REPORT = Report(
    "nginx forum: 8 worker_connections are not enough while connecting to upstream",
    "en",
    # nginx answered 500 without ever asking the upstream, while others it has are well: nginx's
    # own limit.
    right=Verdict("refused closed-at-once", says=("nginx",), hop="nginx"),
    never=("upstream-down", "origin-403", "auth", "proxy-rejected-101", "app-error", "sticky"),
    not_yet="tcpdump's file names no program, so the 500 is a refusal",
)


def run(lab, broken):
    back, front = lab.ws(), lab.port()
    conf = NGINX.format(
        dir=lab.dir,
        main="",
        http="",
        servers=(
            f"server {{ listen 127.0.0.1:{front}; location / {{ "
            f"proxy_pass http://127.0.0.1:{back}; {UPGRADE} }} }}"
        ),
    )
    lab.start(
        [front],
        "nginx",
        conf.replace("1024", "9" if broken else "64"),
        "-p",
        lab.dir,
        "-e",
        lab.dir / "error.log",
        "-c",
    )
    lab.watch()
    kept, got = [], []
    for _ in range(5):
        client = lab.connect(front)
        got.append(client.upgrade()[0])
        if got[-1] != 101:
            break
        client.chat("hello")
        kept.append(client)
    assert (got[-1] in (0, 500) and got[0] == 101) if broken else set(got) == {101}, got
    for client in kept:
        client.goodbye()
