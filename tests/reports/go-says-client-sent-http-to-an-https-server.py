# SPDX-License-Identifier: GPL-2.0-only
"""ws:// to a Go server with a certificate: 400, Client sent an HTTP request to an HTTPS server."""
from lab import Report, Verdict

REPORT = Report(
    "caddyserver/caddy: Client sent an HTTP request to an HTTPS server, websocket",
    "en",
    # The port speaks TLS only, and its own words say so; the client must use wss://.
    right=Verdict("tls-mismatch", says=("TLS|HTTPS|wss",)),
    never=("bad-request-line", "no-key", "auth", "origin-403", "proxy-rejected-101", "refused"),
)


def run(lab, broken):
    back = lab.ws()

    def go(peer):
        if broken:
            peer.read_head()
            peer.raw(
                "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
            )
        else:
            peer.accept().echo()

    port = lab.serve(go)
    lab.watch(port)
    assert lab.talk(port, headers={"Origin": "http://localhost:3000"}) == (400 if broken else 101)
