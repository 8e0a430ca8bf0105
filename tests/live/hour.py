# SPDX-License-Identifier: GPL-2.0-only
"""hour.py LIBRARY URL SUBPROTOCOL MAX BINARY: what a client does in an hour, without the waiting.

Four connections; in each 150 messages and their echoes, 30 heartbeats, a burst, a message of MAX
bytes, binary if that is "yes", two silences of more than a second, and a Close, by either side.
"""
import asyncio
import sys

library, url, protocol, biggest, binary = sys.argv[1:6]
biggest = int(biggest)
protocols = ["chat", protocol] if protocol else []


class Client:
    async def pause(self, seconds):
        await asyncio.sleep(seconds)


class Websockets(Client):
    async def open(self):
        import websockets
        self.ws = await websockets.connect(url, subprotocols=protocols or None, max_size=None,
                                           ping_interval=0.4)

    async def send(self, data):
        await self.ws.send(data)

    async def receive(self):
        return await self.ws.recv()

    async def ping(self):
        await (await self.ws.ping())

    async def close(self, code):
        await self.ws.close(code, "done")


class Aiohttp(Client):
    async def open(self):
        import aiohttp
        self.session = aiohttp.ClientSession()
        self.ws = await self.session.ws_connect(url, protocols=protocols, max_msg_size=0,
                                                compress=15)

    async def send(self, data):
        await (self.ws.send_str if isinstance(data, str) else self.ws.send_bytes)(data)

    async def receive(self):
        message = await self.ws.receive()
        if message.type.name not in ("TEXT", "BINARY"):
            raise EOFError(message.type.name)
        return message.data

    async def ping(self):
        await self.ws.ping(b"beat")

    async def close(self, code):
        await self.ws.close(code=code, message=b"done")
        await self.session.close()

    async def pause(self, seconds):
        """Reads: the library answers pings only while somebody reads."""
        try:
            await asyncio.wait_for(self.ws.receive(), seconds)
        except asyncio.TimeoutError:
            pass


class Tornado(Client):
    async def open(self):
        from tornado.websocket import websocket_connect
        self.ws = await websocket_connect(url, subprotocols=protocols or None,
                                          max_message_size=1 << 28, compression_options={})

    async def send(self, data):
        await self.ws.write_message(data, isinstance(data, bytes))

    async def receive(self):
        message = await self.ws.read_message()
        if message is None:
            raise EOFError("closed")
        return message

    async def ping(self):
        self.ws.ping(b"beat")

    async def close(self, code):
        self.ws.close(code, "done")
        await self.ws.read_message()


async def session(code):
    ws = {"websockets": Websockets, "aiohttp": Aiohttp, "tornado": Tornado}[library]()
    await ws.open()
    for i in range(150):
        await ws.send("x" * (10 + i * 7 % min(biggest, 400)))
        await ws.receive()
        if i % 5 == 0:
            await ws.ping()
        if i % 50 == 0:
            await ws.pause(0.1)
    for i in range(25):
        await ws.send("burst " * 5)
    for i in range(25):
        await ws.receive()
    await ws.send(bytes(biggest) if binary == "yes" else "y" * biggest)
    await ws.receive()
    await ws.pause(1.1)
    await ws.close(code)


async def main():
    for code in (1000, 1001, 3001, 1000):
        await session(code)


asyncio.run(main())
