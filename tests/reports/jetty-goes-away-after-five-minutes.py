# SPDX-License-Identifier: GPL-2.0-only
"""Jetty closes with 1001 once, some minutes after the last message."""
import socket

from lab import Report, Verdict, wire

REPORT = Report(
    "jetty/jetty.project#2637", "en",
    # Its reason says it: Idle Timeout. Nothing was restarted.
    right=Verdict("idle-timeout", says=("idle", r"server|Jetty")),
    never=("restarting", "backend-restart", "reload", "app-error"),
)


def run(lab, broken):
    def jetty(peer):
        peer.accept()
        peer.sock.settimeout(2)
        try:
            peer.echo()
        except socket.timeout:
            peer.send(wire.CLOSE, wire.close_payload(1001, "Idle Timeout"))
            peer.recv()

    server = lab.serve(jetty)
    lab.watch()
    client = lab.connect(server)
    assert client.upgrade("/events")[0] == 101
    client.chat("hello")
    if not broken:
        client.goodbye()
        return
    op, payload, _ = client.recv()
    assert op == wire.CLOSE
    client.send(wire.CLOSE, payload)
    client.wait_end()
    client.close()
