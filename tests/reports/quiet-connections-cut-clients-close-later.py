# SPDX-License-Identifier: GPL-2.0-only
"""A server cuts quiet connections after 2 s; the clients close their own ends late."""
import socket
import threading
import time

from lab import Report, Verdict, wire

RIGHT = Verdict("idle-timeout", says=(r"\b(2|1\.9|2\.0\d*) ?s\b",))
REPORT = Report(
    "zorchenhimer/MovieNight#35",
    "en",
    right=RIGHT,
    never=("backend-restart", "reload", "early-client-close"),
)


def run(lab, broken):
    def server(peer):
        peer.accept()
        peer.recv()
        if broken:
            time.sleep(2)  # the idle timeout
            peer.sock.shutdown(socket.SHUT_WR)
            peer.wait_end()
        else:
            peer.echo()

    def client(late):
        with lab.connect(port) as me:
            assert me.upgrade("/quiet")[0] == 101
            me.send(wire.TEXT, "hi")
            if broken:
                me.wait_end()
                time.sleep(late)  # how late it closes is what is measured wrong
            else:
                me.goodbye()

    port = lab.serve(server)
    lab.watch()
    clients = [threading.Thread(target=client, args=(late,)) for late in (0.5, 1.0, 1.5)]
    for one in clients:
        one.start()
        time.sleep(0.5)  # not all at once, which would be a restart
    for one in clients:
        one.join()
