# SPDX-License-Identifier: GPL-2.0-only
"""echo.py PORT LOG [deflate]: an echo server of python3-websockets.

Writes each frame that it sent into LOG, before it sends it. A text message "close CODE REASON"
makes it close, "ping" makes it ping first.
"""
import asyncio
import json
import signal
import sys

import websockets
import websockets.frames

log = open(sys.argv[2], "a", buffering=1)
serialize = websockets.frames.Frame.serialize


def logged(self, **kw):
    data = serialize(self, **kw)
    n = {126: 4, 127: 10}.get(data[1] & 127, 2) + (4 if data[1] & 128 else 0)
    log.write(json.dumps({"hdr": data[:n].hex(), "len": len(data) - n}) + "\n")
    return data


websockets.frames.Frame.serialize = logged


async def echo(ws, *_):
    while True:
        try:
            message = await ws.recv()
        except websockets.ConnectionClosed:
            return
        if isinstance(message, str) and message.startswith("close "):
            _, code, reason = message.split(" ", 2)
            await ws.close(int(code), reason)
            return
        if message == "ping":
            await ws.ping(b"are you there")
        await ws.send(message)


async def main():
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set_result, None)
    async with websockets.serve(echo, "localhost", int(sys.argv[1]), ping_interval=None,
                                max_size=None, close_timeout=1,
                                compression="deflate" if "deflate" in sys.argv else None):
        await done


asyncio.run(main())
