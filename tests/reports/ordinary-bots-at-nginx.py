# SPDX-License-Identifier: GPL-2.0-only
"""Bots ask an nginx with a WebSocket for all sorts of things, once each."""
from lab import UPGRADE, Report

REPORT = Report("the noise of the internet at nginx: an ordinary set-up", "en", right=None)
NOISE = (
    b"GET /.env HTTP/1.1\r\nHost: 192.0.2.1\r\nUser-Agent: Go-http-client/1.1\r\n\r\n",
    b"POST /cgi-bin/.%2e/.%2e/bin/sh HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    b"CONNECT google.com:443 HTTP/1.1\r\nHost: google.com:443\r\n\r\n",
    b"\x03\x00\x00/*\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr\r\n"
    b"\x01\x00\x08\x00\x03\x00\x00\x00",
    b"SSH-2.0-Go\r\n",
    b"GET http://example.com/ HTTP/1.0\r\n\r\n",
    b"\x05\x01\x00",
    b"*1\r\n$4\r\nPING\r\n",
    b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
    b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    b"MGLNDD_192.0.2.1_80\n",
)


def run(lab, broken):
    front = lab.nginx(
        "location /ws { proxy_pass http://127.0.0.1:%d; %s }\n location / { return 404; }"
        % (lab.ws(), UPGRADE)
    )
    lab.watch()
    assert lab.talk(front) == 101
    for i, noise in enumerate(NOISE):
        with lab.connect(front, source=f"127.0.0.{i + 10}") as bot:
            bot.raw(noise)
            bot.sock.settimeout(0.3)
            try:
                while bot.sock.recv(4096):
                    pass
            except OSError:
                pass
    assert lab.talk(front) == 101
