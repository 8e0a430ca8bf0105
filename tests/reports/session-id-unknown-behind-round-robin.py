# SPDX-License-Identifier: GPL-2.0-only
"""Socket.IO on two processes, round robin: polling gets 400 Session ID unknown, again and again."""
from lab import UPGRADE, Report, Verdict

RIGHT = Verdict("sticky", says=("ip_hash|sticky|same server|session",))
REPORT = Report(
    "socketio/socket.io#3009", "en", right=RIGHT, never=("auth", "not-found", "bad-request-line")
)
SERVER = """
import engineio
from aiohttp import web

eio = engineio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
app = web.Application()
eio.attach(app)
web.run_app(app, host="127.0.0.1", port=PORT, print=None)
"""
ASK = "/engine.io/?EIO=4&transport=polling"


def get(lab, port, target):
    with lab.connect(port) as client:
        client.raw(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        status, _ = client.answer()
        body = b""
        while more := client.sock.recv(4096):
            body += more
        return status, body.decode()


def run(lab, broken):
    lab.module("engineio")
    lab.module("aiohttp")
    a, b = lab.python(SERVER), lab.python(SERVER)
    front = lab.nginx(
        "location / { %s proxy_pass http://io; }" % UPGRADE,
        http="upstream io { %s server 127.0.0.1:%d; "
        "server 127.0.0.1:%d; }" % ("" if broken else "ip_hash;", a, b),
    )
    lab.watch()
    for _ in range(3):
        status, body = get(lab, front, ASK)
        assert status == 200, body
        sid = body.split('"sid":"')[1].split('"')[0]
        status, body = get(lab, front, f"{ASK}&sid={sid}") if broken else (200, "")
        assert (status == 400) == broken, body
