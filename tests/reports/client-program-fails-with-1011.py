# SPDX-License-Identifier: GPL-2.0-only
"""The client sends 1011, the server echoes it: it is the client's program that failed."""
from lab import Report, Verdict

RIGHT = Verdict("client-error", says=(r"\b1011\b", "client"))
REPORT = Report(
    "machinezone/IXWebSocket#417",
    "en",
    right=RIGHT,
    never=("app-error", "the application failed", "server's log"),
)


def run(lab, broken):
    port = lab.ws()
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        client.goodbye(1011 if broken else 1000, "internal error" if broken else "")
