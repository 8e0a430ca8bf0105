# SPDX-License-Identifier: GPL-2.0-only
"""python-socketio with two workers: polling at one, the upgrade at the other: 403."""
import re

from lab import UPGRADE, Report, Verdict

REPORT = Report(
    "miguelgrinberg/python-socketio: Invalid session with more than one worker",
    "en",
    # The session was opened at one server, and nginx took its upgrade to another.
    right=Verdict("sticky", says=("sid|session", "nginx|ip_hash|sticky|another")),
    never=("origin-403", "auth", "upgrade-stripped", "bad-header", "too-large-head"),
)
APP = """
import engineio, uvicorn
eio = engineio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")

@eio.on("message")
async def message(sid, data):
    await eio.send(sid, data)

uvicorn.run(engineio.ASGIApp(eio), host="127.0.0.1", port=PORT, log_level="warning", lifespan="off")
"""


def run(lab, broken):
    lab.module("engineio")
    lab.module("uvicorn")
    backs = [lab.python(APP) for _ in range(2)]
    servers = "".join(f"server 127.0.0.1:{back};" for back in (backs if broken else backs[:1]))
    front = lab.nginx(
        f"location / {{ proxy_pass http://up; {UPGRADE} }}", http=f"upstream up {{ {servers} }}"
    )
    lab.watch()
    with lab.connect(front) as poll:
        poll.raw("GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, headers = poll.answer()
        assert status == 200
        body = b""
        while b"}" not in body:
            body += poll.sock.recv(4096)
        sid = re.search(rb'"sid":"([^"]+)', body)[1].decode()
        with lab.connect(front) as client:
            status, _ = client.upgrade(f"/engine.io/?EIO=4&transport=websocket&sid={sid}")
            assert status == (403 if broken else 101), status
            if status == 101:
                client.chat("2probe")
                client.goodbye()
