# SPDX-License-Identifier: GPL-2.0-only
"""uvicorn runs without a WebSocket library: 400, Unsupported upgrade request."""
from lab import Report, Verdict

REPORT = Report(
    "encode/uvicorn: Unsupported upgrade request. No supported WebSocket library detected",
    "en",
    # The server answered that it does not do upgrades: it is no matter of Origin or path.
    right=Verdict("refused not-found", says=("unsupported upgrade|websocket library|WebSockets",)),
    never=("origin-403", "auth", "upgrade-stripped", "no-key", "upstream-down", "tls-mismatch"),
)
APP = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type",
            b"text/html")]})
        await send({"type": "http.response.body", "body": b"<!doctype html><title>app</title>"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (m := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": m["text"]})

import uvicorn
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", lifespan="off", ws="%s")
"""


def run(lab, broken):
    lab.module("uvicorn")
    port = lab.python(APP % ("none" if broken else "auto"))
    lab.watch()
    assert lab.talk(port) == (400 if broken else 101)
