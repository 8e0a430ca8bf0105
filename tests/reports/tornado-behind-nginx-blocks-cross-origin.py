# SPDX-License-Identifier: GPL-2.0-only
"""Jupyter behind nginx: 403 for each kernel, Cross origin websockets not allowed."""
from lab import Report, Verdict, location

REPORT = Report(
    "jupyter/notebook: Blocking Cross Origin WebSocket Attempt behind a reverse proxy",
    "en",
    # nginx asks with its upstream's name as Host; tornado compares Origin with Host, and refuses.
    right=Verdict("origin-403", says=("Host", "proxy_set_header Host")),
    dump=Verdict("origin-403", says=("Host",)),  # packets do not tell that it is nginx
    never=("auth", "not-found", "upgrade-stripped", "upstream-down", "tls-mismatch"),
)
APP = """
import tornado.web, tornado.websocket

class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

async def main():
    tornado.web.Application([("/api/kernels/1/channels", Echo)]).listen(PORT, "127.0.0.1")
    await asyncio.Future()

asyncio.run(main())
"""


def run(lab, broken):
    lab.module("tornado")
    from diag_lab import UPGRADE

    front = lab.nginx(
        location(
            lab.python(APP), more=UPGRADE + ("" if broken else " proxy_set_header Host $http_host;")
        )
    )
    lab.watch()
    with lab.connect(front) as client:
        status, _ = client.upgrade(
            "/api/kernels/1/channels", {"Origin": "http://lab.example"}, host="lab.example"
        )
        assert status == (403 if broken else 101)
        if not broken:
            client.chat("hello")
            client.goodbye()
