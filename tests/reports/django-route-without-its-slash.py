# SPDX-License-Identifier: GPL-2.0-only
"""Channels has a route ws/chat/ and the page asks for ws/chat: 403, No route found for path."""
from lab import Report, Verdict

REPORT = Report(
    "django/channels: ValueError: No route found for path 'ws/chat', WebSocket DISCONNECT 403",
    "en",
    # Another path of the same server, same Origin and Host, got a 101: the path is refused, not
    # the origin.
    right=Verdict("refused not-found", says=("403|path", "/ws/chat")),
    never=("origin-403", "auth", "upgrade-stripped", "tls-mismatch", "upstream-down"),
)
APP = """
async def app(scope, receive, send):
    await receive()
    if scope["path"] != "/ws/chat/":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    while (m := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": m["text"]})

import uvicorn
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", lifespan="off")
"""


def run(lab, broken):
    lab.module("uvicorn")
    port = lab.python(APP)
    lab.watch()
    origin = {"Origin": "http://localhost"}
    assert lab.talk(port, "/ws/chat/", origin) == 101
    assert lab.talk(port, "/ws/chat" if broken else "/ws/chat/", origin) == (403 if broken else 101)
