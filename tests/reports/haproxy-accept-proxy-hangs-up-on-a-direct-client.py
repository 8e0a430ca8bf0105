# SPDX-License-Identifier: GPL-2.0-only
"""A monitor goes to HAProxy's PROXY port directly, and is hung up on without an answer."""

from lab import Report, Verdict

REPORT = Report(
    "haproxy forum: accept-proxy and direct connections, Received invalid PROXY header",
    "en",
    # Others came with a PROXY header to this port; this one had none and got no answer.
    right=Verdict("proxy-protocol", says=("PROXY",)),
    never=("tls-mismatch", "upstream-down", "backend-restart", "auth", "origin-403"),
)


def run(lab, broken):
    back, front = lab.ws(), lab.port()
    lab.start(
        [front],
        "haproxy",
        f"""
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
listen l
  bind 127.0.0.1:{front} accept-proxy
  server s 127.0.0.1:{back}
""",
        "-db",
        "-f",
    )
    lab.watch()
    for i in range(2):
        with lab.connect(front) as client:
            client.raw(f"PROXY TCP4 203.0.113.{i + 5} 192.0.2.1 40000 443\r\n")
            assert client.upgrade()[0] == 101
            client.chat("hello")
            client.goodbye()
    with lab.connect(front) as client:
        if not broken:
            client.raw("PROXY TCP4 203.0.113.9 192.0.2.1 40000 443\r\n")
        status, _ = client.upgrade()
        assert status == (0 if broken else 101)
        if status:
            client.goodbye()
