# SPDX-License-Identifier: GPL-2.0-only
"""wss:// to a uvicorn that was started without a certificate: Invalid HTTP request received."""
import socket
import ssl

from lab import Report, Verdict

REPORT = Report(
    "encode/uvicorn: WARNING Invalid HTTP request received with wss://",
    "en",
    # The client speaks TLS to a port that speaks plain HTTP.
    right=Verdict("tls-mismatch", says=("TLS",)),
    never=("bad-request-line", "refused", "proxy-protocol", "early-client-close"),
)
APP = """
async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
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
    if not broken:
        assert lab.talk(port) == 101
        return
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.wrap_socket(
            socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
        )
        raise AssertionError("TLS worked")
    except (ssl.SSLError, OSError):
        pass
