# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy's server is a unix socket that nobody listens on: 503."""
from lab import Report, Verdict

REPORT = Report(
    "haproxy mailing list: 503 with unix socket server after restart",
    "en",
    # HAProxy itself answered 503; whether and what it asked is not seen here (a unix socket,
    # perhaps).
    right=Verdict("upstream-down refused", says=("haproxy|503",), certainty="likely"),
    own=Verdict("upstream-down refused", says=("haproxy|503",)),
    never=("origin-403", "auth", "app-error", "not-found", "proxy-rejected-101"),
)


def run(lab, broken):
    back, front = lab.ws(), lab.port()
    where = lab.dir / "nobody.sock"
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
  server s {where if broken else f"127.0.0.1:{back}"}
""",
        "-db",
        "-f",
    )
    lab.watch()
    assert lab.talk(front) == (503 if broken else 101)
