# SPDX-License-Identifier: GPL-2.0-only
"""tornado behind nginx answers 403: Host is the upstream's name, the Origin is another."""
from lab import UPGRADE, Report, Verdict, location

RIGHT = Verdict("origin-403", says=("Origin", "Host", "proxy_set_header Host"))
REPORT = Report(
    "qd-today/qd#463",
    "zh",
    right=RIGHT,
    dump=RIGHT.but(says=("Origin", "Host")),
    never=("auth", "not-found"),
)
SERVER = """
import tornado.ioloop, tornado.web, tornado.websocket

class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

tornado.web.Application([("/ws", Echo)]).listen(PORT, "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
"""


def run(lab, broken):
    lab.module("tornado")
    front = lab.nginx(
        location(
            lab.python(SERVER),
            more=UPGRADE + ("" if broken else "proxy_set_header Host $http_host;"),
        )
    )
    lab.watch()
    with lab.connect(front) as client:
        status, _ = client.upgrade(
            "/ws", {"Origin": "http://chat.example.com"}, host="chat.example.com"
        )
        assert status == (403 if broken else 101), client.head
        if status == 101:
            client.chat("hello")
            client.goodbye()
