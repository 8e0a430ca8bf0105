# SPDX-License-Identifier: GPL-2.0-only
"""swoole drops clients that send nothing, though it sends them something all the time."""
import threading
import time

from lab import Report, Verdict, wire

RIGHT = Verdict(
    "server-heartbeat idle-timeout",
    says=("client", "nothing|silent|only listen|does not send|sent no"),
)
REPORT = Report(
    "swoole/swoole-src#1248",
    "zh",
    right=RIGHT,
    never=("reset", "reload", "backend-restart"),
)


def run(lab, broken):
    def server(peer):
        peer.accept()
        for _ in range(6):
            peer.send(wire.TEXT, '{"type":"tick"}')
            if not broken:
                peer.message()
            time.sleep(0.5)  # the idle time that is the fault: 3 s
        if not broken:
            peer.goodbye(1000)

    def client(late):
        time.sleep(late)
        with lab.connect(port) as me:
            assert me.upgrade("/feed")[0] == 101
            try:
                while True:
                    op, payload, _ = me.recv()
                    if op == wire.CLOSE:
                        me.send(op, payload)
                        break
                    elif not broken:
                        me.send(wire.TEXT, "here")
            except (EOFError, OSError):
                pass

    port = lab.serve(server)
    lab.watch()
    clients = [threading.Thread(target=client, args=(0.4 * i,)) for i in range(4)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
