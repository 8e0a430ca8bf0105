# SPDX-License-Identifier: GPL-2.0-only
"""A gateway's request gets 400 only where the client offers compression."""
from lab import Report, Verdict, diag_lab

REPORT = Report(
    "microsoft/service-fabric-issues#903", "en",
    # Two headers became one, and a line without a colon stands behind it.
    right=Verdict("bad-request-line refused bad-header", says=(r"8192|colon|no header",)),
    never=("auth", "extension", "too-large-head"),
)
PAGE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">
<HTML><HEAD><TITLE>Bad Request</TITLE></HEAD>
<BODY><h2>Bad Request - Invalid Header</h2>
<hr><p>HTTP Error 400. The request has an invalid header name.</p>
</BODY></HTML>
"""
REQUEST = ("GET /hub HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n\r\n")
FAULT = "Max-Frame-Size: Sec-WebSocket-Extensions: permessage-deflate\r\n8192"


def run(lab, broken):
    def http_sys(peer):
        if any(b":" not in line for line in peer.read_head().split(b"\r\n")[1:-2]):
            peer.refuse("400 Bad Request", PAGE, [("Server", "Microsoft-HTTPAPI/2.0"),
                                                  ("Connection", "close")])
            return
        peer.accept().echo()

    server = lab.serve(http_sys)
    lab.watch()
    client = lab.connect(server)
    client.raw(REQUEST % (diag_lab.fresh_key(), FAULT if broken else "Max-Frame-Size: 8192"))
    assert client.answer()[0] == (400 if broken else 101)
    if not broken:
        client.chat("hello")
        client.goodbye()
    client.close()
