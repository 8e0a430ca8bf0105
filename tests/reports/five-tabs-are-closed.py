# SPDX-License-Identifier: GPL-2.0-only
"""Somebody closes a browser with five WebSockets: five Closes with 1001 from the client."""
from lab import Report, location

REPORT = Report(
    "python-websockets/websockets#397", "en", never=("restarting", "backend-restart", "reload")
)


def check(lab, medium, events, said):
    by = [e.get("close_by") for e in events if e["type"] == "close"]
    assert by and set(by) == {"client"}, f"closed by {by}"


def run(lab, broken):
    front = lab.nginx(location(lab.ws()))
    lab.watch()
    tabs = [lab.connect(front) for _ in range(5)]
    for tab in tabs:
        assert tab.upgrade()[0] == 101
        tab.chat("hello")
    for tab in tabs:
        tab.goodbye(1001)
