# SPDX-License-Identifier: GPL-2.0-only
"""SockJS on two servers, round robin: xhr_send of a session that the other one has is a 404."""
from lab import UPGRADE, Report, Verdict

RIGHT = Verdict("sticky", says=("session|same server|another server",))
REPORT = Report(
    "vert-x3/vertx-web#2314",
    "en",
    right=RIGHT,
    never=("auth", "path-rewritten", "upgrade-stripped"),
)


def sockjs():
    known = set()

    def server(peer):
        while peer.read_head():
            session = peer.target.split("/")[3:4]
            if peer.target == "/echo/info":
                peer.refuse(
                    "200 OK",
                    '{"websocket":true,"origins":["*:*"],"cookie_needed":false,"entropy":1}',
                )
            elif peer.target.endswith("/xhr"):
                known.update(session)
                peer.refuse("200 OK", "o\n")
            elif session and session[0] in known:
                peer.refuse("204 No Content")
            else:
                peer.refuse("404 Not Found")

    return server


def post(lab, port, target, method="POST"):
    with lab.connect(port) as client:
        client.raw(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        return client.answer()[0]


def run(lab, broken):
    a, b = lab.serve(sockjs()), lab.serve(sockjs())
    front = lab.nginx(
        "location / { %s proxy_pass http://both; }" % UPGRADE,
        http="upstream both { %s server 127.0.0.1:%d; "
        "server 127.0.0.1:%d; }" % ("" if broken else "ip_hash;", a, b),
    )
    lab.watch()
    for session in ("kq2w1e", "m0z9ab", "x7yy3t"):
        assert post(lab, front, f"/echo/000/{session}/xhr") == 200
        assert post(lab, front, f"/echo/000/{session}/xhr_send") == (404 if broken else 204)
