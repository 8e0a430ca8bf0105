# SPDX-License-Identifier: GPL-2.0-only
"""An ELB, Kubernetes, UptimeRobot and a TCP probe ask a WebSocket server: 426."""
import time

from lab import Report

REPORT = Report("health checks of a node ws server: an ordinary set-up", "en", right=None)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    assert lab.talk(port) == 101
    for _ in range(2):
        for name, verb in (
            ("ELB-HealthChecker/2.0", "GET"),
            ("kube-probe/1.28", "GET"),
            ("Mozilla/5.0+(compatible; UptimeRobot/2.0)", "HEAD"),
        ):
            with lab.connect(port, source="127.0.0.3") as probe:
                probe.raw(
                    f"{verb} / HTTP/1.1\r\nHost: 10.0.0.1:{port}\r\nUser-Agent: {name}\r\n"
                    "Accept: */*\r\nConnection: close\r\n\r\n"
                )
                assert probe.answer()[0] == 426
        lab.connect(port, source="127.0.0.4").close()
        lab.connect(port, source="127.0.0.5").abort()
        time.sleep(0.3)
    assert lab.talk(port) == 101
