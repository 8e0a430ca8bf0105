# SPDX-License-Identifier: GPL-2.0-only
"""Laravel Reverb closes each connection with 4001: the app key is another than the server's."""
from lab import Report, Verdict
import wire

REPORT = Report(
    "laravel/reverb: Connection error, Application does not exist, code 4001",
    "en",
    # The server ended it with its own code 4001 and says why: the application key does not exist.
    right=Verdict("policy app-error auth", says=("4001", "Application does not exist")),
    never=("not-found", "backend-restart", "idle-timeout", "early-client-close", "no-goodbye"),
)


def run(lab, broken):
    def reverb(peer):
        peer.accept()
        if "right" in peer.target:
            peer.send(wire.TEXT, '{"event":"pusher:connection_established","data":"{}"}')
            peer.echo()
            return
        peer.send(wire.TEXT, '{"event":"pusher:error","data":"{\\"code\\":4001}"}')
        peer.send(wire.CLOSE, wire.close_payload(4001, "Application does not exist"))
        peer.recv()

    port = lab.serve(reverb)
    lab.watch()
    with lab.connect(port) as client:
        target = "/app/wrongkey?protocol=7" if broken else "/app/rightkey?protocol=7"
        assert client.upgrade(target)[0] == 101
        if broken:
            client.message()
            op, payload, _ = client.recv()
            client.send(op, payload)
            client.wait_end()
        else:
            client.chat("hello")
            client.goodbye()
