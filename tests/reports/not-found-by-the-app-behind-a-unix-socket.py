# SPDX-License-Identifier: GPL-2.0-only
"""404 of the application behind nginx's unix socket: it is not nginx's own."""
from lab import UPGRADE, Report, Verdict

RIGHT = Verdict("not-found", says=("unix|behind it|upstream|application",))
REPORT = Report(
    "miguelgrinberg/Flask-SocketIO#474",
    "en",
    right=RIGHT,
    dump=RIGHT.but(says=(r"\b404\b",)),
    never=("nginx.{0,40} itself", "auth"),
)
APP = """
from aiohttp import web

async def echo(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for m in ws:
        await ws.send_str(m.data)
    return ws

async def main():
    app = web.Application()
    app.router.add_get("/socket", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, sys.argv[2]).start()
    os.chmod(sys.argv[2], 0o777)
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    await asyncio.Future()

asyncio.run(main())
"""


def run(lab, broken):
    path = lab.dir / "app.sock"
    lab.module("aiohttp")
    lab.python(APP, None, path)
    front = lab.nginx("location / { %s proxy_pass http://unix:%s; }" % (UPGRADE, path))
    lab.watch(front)
    assert lab.talk(front, "/sockets" if broken else "/socket") == (404 if broken else 101)
