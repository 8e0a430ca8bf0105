# SPDX-License-Identifier: GPL-2.0-only
"""The log says "connection failed (200 OK)" once a minute."""
from lab import Report

# A health check: curl asks for a page that python3-websockets answers by itself.
REPORT = Report("python-websockets/websockets#1402", "en", right=None)


def run(lab, broken):
    server = lab.python("""import http, websockets

async def health(path, headers):
    if path == "/health_check":
        return http.HTTPStatus.OK, [], b"OK"

async def echo(ws, *path):
    async for m in ws:
        await ws.send(m)

async def main():
    async with websockets.serve(echo, "127.0.0.1", PORT, process_request=health):
        await asyncio.Future()

asyncio.run(main())
""")
    lab.watch()
    for _ in range(3):
        with lab.connect(server) as curl:
            curl.raw("GET /health_check HTTP/1.1\r\nHost: localhost:9980\r\n"
                     "User-Agent: curl/7.88.1\r\nAccept: */*\r\nConnection: close\r\n\r\n")
            assert curl.answer()[0] == 200
            curl.wait_end()
        assert lab.talk(server) == 101
