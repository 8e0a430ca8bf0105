# SPDX-License-Identifier: GPL-2.0-only
"""Home Assistant answers 400 to what comes through nginx, and 101 to who comes directly."""
from lab import UPGRADE, Report, Verdict, location

REPORT = Report(
    "home-assistant/core#63083",
    "en",
    # The server refused with 400 what this nginx passed on; its own log says why (trusted_proxies).
    right=Verdict("refused", says=("400", "log")),
    never=(
        "origin-403",
        "auth",
        "upgrade-stripped",
        "not-found",
        "too-large-head",
        "no-key",
        "upstream-down",
    ),
)
APP = """
from aiohttp import web

async def handler(request):
    if "X-Forwarded-For" in request.headers and %s:
        raise web.HTTPBadRequest()
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for m in ws:
        await ws.send_str(m.data)
    return ws

app = web.Application()
app.router.add_get("/api/websocket", handler)
web.run_app(app, host="127.0.0.1", port=PORT, print=None)
"""


def run(lab, broken):
    lab.module("aiohttp")
    back = lab.python(APP % broken)
    front = lab.nginx(
        location(
            back,
            more=UPGRADE
            + """
        proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;""",
        )
    )
    lab.watch()
    assert lab.talk(back, "/api/websocket") == 101
    assert lab.talk(front, "/api/websocket") == (400 if broken else 101)
