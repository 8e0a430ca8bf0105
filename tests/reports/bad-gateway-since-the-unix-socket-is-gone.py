# SPDX-License-Identifier: GPL-2.0-only
"""nginx answers 502: nobody listens on its upstream, a unix socket; no port can be traced there."""
from lab import UPGRADE, Report, Verdict

RIGHT = Verdict("upstream-down refused", says=("unix",), hop="nginx")
REPORT = Report(
    "jrief/django-websocket-redis#71", "en", right=RIGHT, never=("among the ports", "tls-mismatch")
)
APP = """
import websockets

async def handler(ws, *path):
    async for m in ws:
        await ws.send(m)

async def main():
    async with websockets.unix_serve(handler, sys.argv[2]):
        os.chmod(sys.argv[2], 0o777)
        async with websockets.serve(handler, "127.0.0.1", PORT):
            await asyncio.Future()

asyncio.run(main())
"""


def run(lab, broken):
    path = lab.dir / "app.sock"
    lab.module("websockets")
    lab.python(APP, None, path)
    front = lab.nginx(
        "location / { %s proxy_pass http://unix:%s; }"
        % (UPGRADE, f"{path}.gone" if broken else path)
    )
    lab.watch(front)
    assert lab.talk(front) == (502 if broken else 101)
