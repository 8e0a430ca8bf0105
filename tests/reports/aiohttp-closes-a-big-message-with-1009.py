# SPDX-License-Identifier: GPL-2.0-only
"""A client's upload of 5 MB ends with 1009 at an aiohttp server: max_msg_size is 4 MiB."""
from lab import Report, Verdict

REPORT = Report(
    "aio-libs/aiohttp: Message size 5000000 exceeds limit 4194304",
    "en",
    right=Verdict(
        "too-big", says=("aiohttp|max_msg_size|python|limit", "4194304|4 MiB|5000000|MB|bytes")
    ),
    never=("app-error", "policy", "reset", "no-goodbye", "client_max_body_size", "maxPayload"),
)
APP = """
from aiohttp import web

async def handler(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for m in ws:
        if m.type == 1:
            await ws.send_str("got %d" % len(m.data))
    return ws

app = web.Application()
app.router.add_get("/ws", handler)
web.run_app(app, host="127.0.0.1", port=PORT, print=None)
"""


def run(lab, broken):
    lab.module("aiohttp")
    port = lab.python(APP)
    lab.watch()
    said = lab.ask_node(
        """const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws');
        ws.on('open', () => ws.send('x'.repeat(+process.argv[2])));
        ws.on('message', m => { console.log(String(m)); ws.close(1000); });
        ws.on('error', e => console.log('error', e.message));
        ws.on('close', c => console.log(c));""",
        port,
        5000000 if broken else 50000,
    )
    assert ("1009" if broken else "got 50000") in said, said
