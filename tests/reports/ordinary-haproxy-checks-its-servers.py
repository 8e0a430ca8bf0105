# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy checks its node server with connects and with GET / each 300 ms."""
import time

from lab import Report

REPORT = Report("haproxy check and option httpchk: an ordinary set-up", "en", right=None)


def run(lab, broken):
    back = lab.ws()
    ports = [lab.port(), lab.port()]
    lab.start(
        ports,
        "haproxy",
        "".join(
            [
                """
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
"""
            ]
            + [
                f"""
listen l{port}
  bind 127.0.0.1:{port}
  {more}
  server s 127.0.0.1:{back} check inter 300ms
"""
                for port, more in zip(
                    ports, ("", "option httpchk GET /\n  http-check expect status 426")
                )
            ]
        ),
        "-db",
        "-f",
    )
    lab.watch()
    for port in ports:
        with lab.connect(port) as client:
            assert client.upgrade()[0] == 101
            for _ in range(3):
                client.chat("hello")
                time.sleep(0.3)
            client.goodbye()
