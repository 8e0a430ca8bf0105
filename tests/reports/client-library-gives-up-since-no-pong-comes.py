# SPDX-License-Identifier: GPL-2.0-only
"""websockets' client ends it with 1011 keepalive ping timeout: the server gives no pong."""
from lab import Report, Verdict, wire

RIGHT = Verdict("client-heartbeat", says=("server", "pong|answer"))
REPORT = Report(
    "python-websockets/websockets#1128", "en", right=RIGHT, never=("app-error", "server-heartbeat")
)
CLIENT = """
import websockets

async def main():
    try:
        url = f"ws://127.0.0.1:{PORT}/ws"
        async with websockets.connect(url, ping_interval=0.4, ping_timeout=0.6) as ws:
            await ws.send("hello")
            await asyncio.wait_for(ws.recv(), 2.5)
    except asyncio.TimeoutError:
        print("quiet")
    except websockets.ConnectionClosed as e:
        print(e)

asyncio.run(main())
"""


def run(lab, broken):
    def server(peer):
        peer.accept()
        op = wire.TEXT
        while op != wire.CLOSE:
            op, payload, _ = peer.recv()
            if op == wire.PING and not broken:
                peer.send(wire.PONG, payload)
        peer.send(wire.CLOSE, payload)

    lab.module("websockets")
    port = lab.serve(server)
    lab.watch()
    said = lab.ask_python(CLIENT, port)
    assert ("keepalive ping timeout" in said) == broken, said
