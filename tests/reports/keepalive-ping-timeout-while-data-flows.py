# SPDX-License-Identifier: GPL-2.0-only
"""The client sends all the time but no pong: websockets ends it, 1011 keepalive ping timeout."""
import time

from lab import Report, Verdict, wire

RIGHT = Verdict("server-heartbeat", says=("keepalive ping timeout|ping", "client|did not|pong"))
REPORT = Report(
    "gorilla/websocket#866", "en", right=RIGHT, never=("app-error", "the application failed")
)


def run(lab, broken):
    port = lab.websockets("async for m in ws:\n    pass", "ping_interval=0.5, ping_timeout=0.7")
    lab.watch()
    with lab.connect(port) as client:
        assert client.upgrade()[0] == 101
        client.sock.settimeout(0.2)
        end = time.monotonic() + 2.5
        while time.monotonic() < end:  # longer than interval and timeout together
            try:
                client.send(wire.TEXT, "sample")
                op, payload, _ = client.recv()
            except TimeoutError:
                continue
            if op == wire.CLOSE:
                assert broken and payload[:2] == b"\x03\xf3", payload
                client.send(wire.CLOSE, payload)
                client.wait_end()
                return
            if op == wire.PING and not broken:
                client.send(wire.PONG, payload)
        assert not broken, "no Close came"
        client.goodbye()
