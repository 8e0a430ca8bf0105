# SPDX-License-Identifier: GPL-2.0-only
"""echo_more.py LIBRARY PORT [SCRIPT]: an echo server of aiohttp or tornado, heartbeats and all.

It also serves a page that loads SCRIPT, /hour.js itself, and any other path as plain text; it
writes the paths asked for to its standard output.
"""
import asyncio
import pathlib
import sys

library, port = sys.argv[1], int(sys.argv[2])
PAGE = f"<!doctype html><title>hour</title><script src='/hour.js?{''.join(sys.argv[3:])}'></script>"
SCRIPT = pathlib.Path(__file__).with_name("hour.js").read_text()


def plain(path):
    print(path, flush=True)
    return {"/": ("text/html", PAGE), "/hour.js": ("text/javascript", SCRIPT)}.get(
        path, ("text/plain", "plain\n"))


async def aiohttp_server():
    from aiohttp import WSMsgType, web

    async def handle(request):
        ws = web.WebSocketResponse(protocols=("chat",), heartbeat=2, max_msg_size=0)
        if not ws.can_prepare(request):
            mime, text = plain(request.path)
            return web.Response(text=text, content_type=mime)
        await ws.prepare(request)
        async for m in ws:
            await (ws.send_str if m.type == WSMsgType.TEXT else ws.send_bytes)(m.data)
        return ws

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()


async def tornado_server():
    from tornado import web, websocket

    class Handler(websocket.WebSocketHandler):
        def select_subprotocol(self, offered):
            return "chat" if "chat" in offered else None

        def get_compression_options(self):
            return {}

        async def on_message(self, message):
            await self.write_message(message, isinstance(message, bytes))

        async def get(self, *args, **kw):
            if self.request.headers.get("Upgrade", "").lower() == "websocket":
                return await super().get(*args, **kw)
            mime, text = plain(self.request.path)
            self.set_header("Content-Type", mime)
            self.finish(text)

    app = web.Application([("/.*", Handler)], websocket_ping_interval=1,
                          websocket_max_message_size=1 << 28)
    app.listen(port, "127.0.0.1")


async def main():
    await {"aiohttp": aiohttp_server, "tornado": tornado_server}[library]()
    await asyncio.Event().wait()


asyncio.run(main())
