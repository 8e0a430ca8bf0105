# SPDX-License-Identifier: GPL-2.0-only
"""A balancer answers the quiet WebSocket with HTTP/1.1 408 after a while."""
import time

from lab import Report, Verdict

REPORT = Report(
    "traefik/traefik#3586",
    "en",
    # What came was no frame but an HTTP answer, 408: its sender took the connection for HTTP
    # without a request.
    right=Verdict("http-after-101", says=("408",)),
    never=("rsv-not-agreed", "mask-s2c", "compress|deflate", "extension", "backend-restart"),
)


def run(lab, broken):
    def server(peer):
        peer.accept()
        if broken:
            op, payload, _ = peer.recv()
            peer.send(op, payload)
            time.sleep(1)
            peer.raw(
                "HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n"
                "Connection: close\r\n\r\n"
            )
        else:
            peer.echo()

    port = lab.serve(server)
    lab.watch()
    if not broken:
        assert lab.talk(port) == 101
        return
    said = lab.ask_node(
        """const ws = new WebSocket('ws://127.0.0.1:' + PORT + '/ws');
        ws.on('open', () => ws.send('hello'));
        ws.on('error', e => console.log('error', e.message));""",
        port,
    )
    assert "error" in said, said
