# SPDX-License-Identifier: GPL-2.0-only
"""Every pong lacks the ping's payload: the server ends it, keepalive ping timeout."""
from lab import Report, Verdict, wire

RIGHT = Verdict("server-heartbeat", says=("payload|does not match|another|empty",))
REPORT = Report(
    "dotnet/runtime#60171", "en", right=RIGHT, never=("app-error", "the application failed")
)


def run(lab, broken):
    port = lab.websockets(
        "async for m in ws:\n    await ws.send(m)", "ping_interval=0.4, ping_timeout=0.6"
    )
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        for _ in range(20):
            client.send(wire.TEXT, "sample")
            op, payload, _ = client.recv()
            while op not in (wire.PING, wire.CLOSE):
                op, payload, _ = client.recv()
            if op == wire.CLOSE:
                assert broken and b"keepalive" in payload, payload
                client.send(wire.CLOSE, payload)
                client.wait_end()
                return
            client.send(wire.PONG, b"" if broken else payload)
            if not broken and len(client.sent) > 7:
                break
        assert not broken
        client.goodbye()
