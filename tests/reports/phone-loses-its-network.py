# SPDX-License-Identifier: GPL-2.0-only
"""A phone goes into a tunnel: its network is gone, the server's pings stay unanswered."""
import time

from lab import Report, Verdict

REPORT = Report(
    "python-websockets/websockets: sent 1011 keepalive ping timeout; no close frame received",
    "en",
    # The client vanished: it acknowledges nothing any more, so its ping was not answered.
    right=Verdict("half-open server-heartbeat", says=("ping|acknowledge|gone|answer",)),
    never=("app-error", "backend-restart", "proxy_read_timeout", "policy", "not-reading"),
    not_yet="both ends of the connection are on this host, and one is still open",
)
APP = """
import websockets

async def handler(ws, *path):
    try:
        async for m in ws:
            await ws.send(m)
    except websockets.ConnectionClosed:
        pass

async def main():
    async with websockets.serve(handler, "10.9.0.2", PORT, ping_interval=1, ping_timeout=1,
        close_timeout=1):
        await asyncio.Future()

asyncio.run(main())
"""


def run(lab, broken):
    lab.module("websockets")
    a, b = lab.link(5)
    with lab.inside(b):
        port = lab.python(APP)
    with lab.inside(b):
        lab.watch(device="far0")
    with lab.inside(a):
        client = lab.connect(port, host="10.9.0.2")
    assert client.upgrade()[0] == 101
    client.chat("hello")
    if broken:
        time.sleep(0.3)  # the last message is acknowledged
        lab.ip("-n", a, "link", "set", "far0", "down")
        time.sleep(4.5)
    else:
        client.goodbye()
