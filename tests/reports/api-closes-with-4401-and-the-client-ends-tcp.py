# SPDX-License-Identifier: GPL-2.0-only
"""The server closes at once with 4401; .NET's client just ends TCP: it has rejected nothing."""
from lab import Report, Verdict, wire

RIGHT = Verdict("policy", "certain", says=(r"\b4401\b", "token expired"))
REPORT = Report(
    "LivePersonInc/node-agent-sdk#27", "en", right=RIGHT, never=("early-client-close", "reject")
)


def check(lab, medium, events, said):
    assert [e.get("close_by") for e in events if e["type"] == "close"] in (
        ["server"],
        ["client"],
    ), "who closed"


def run(lab, broken):
    def server(peer):
        peer.accept()
        if broken:
            peer.send(wire.CLOSE, wire.close_payload(4401, "token expired"))
            peer.wait_end()
        else:
            peer.echo()

    port = lab.serve(server)
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade("/api")[0] == 101
        if broken:
            assert client.recv()[0] == wire.CLOSE
        else:
            client.chat("hello")
            client.goodbye()
