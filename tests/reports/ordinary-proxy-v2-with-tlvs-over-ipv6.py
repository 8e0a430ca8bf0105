# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy tells nginx the client's address with PROXY v2 and TLVs over IPv6, as it should."""
from lab import Report, location

REPORT = Report(
    "haproxy: send-proxy-v2 with proxy-v2-options, an ordinary set-up", "en", right=None
)


def check(lab, medium, events, said):
    assert any("via_proxy" in str(e) for e in events), "no via_proxy"


def run(lab, broken):
    back, inner, outer = lab.ws(), lab.port(), lab.port()
    from diag_lab import nginx_conf

    lab.start(
        [inner],
        "nginx",
        nginx_conf(lab.dir, [(f"[::1]:{inner} proxy_protocol", location(back))]),
        "-p",
        lab.dir,
        "-e",
        lab.dir / "error.log",
        "-c",
    )
    lab.start(
        [outer],
        "haproxy",
        f"""
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
listen l
  bind ::1:{outer} v6only
  unique-id-format %{{+X}}o%ci:%cp
  server s ::1:{inner} send-proxy-v2 proxy-v2-options unique-id,crc32c
""",
        "-db",
        "-f",
    )
    lab.watch()
    for _ in range(2):
        assert lab.talk(outer, host="::1") == 101
