# SPDX-License-Identifier: GPL-2.0-only
"""A gateway passes the whole request on, gets the 101, and cannot take it: 502.3 Bad Gateway."""
import socket

from lab import Report, Verdict

REPORT = Report(
    "stackoverflow: IIS ARR reverse proxy websocket 502.3",
    "en",
    # The backend agreed with a 101; the proxy between answered 502 and did not pass it on.
    right=Verdict("proxy-rejected-101", says=("502", "101")),
    never=("upstream-down", "origin-403", "auth", "not-found", "app-error", "upgrade-stripped"),
)


def run(lab, broken):
    import threading

    back = lab.ws()

    def arr(peer):
        head = peer.read_head()
        with socket.create_connection(("127.0.0.1", back)) as up:
            up.sendall(head)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += up.recv(1)
            if broken:
                peer.refuse(
                    "502 Bad Gateway",
                    "<h3>HTTP Error 502.3 - Bad Gateway</h3>",
                    [("Server", "Microsoft-IIS/10.0"), ("Content-Type", "text/html")],
                )
                return
            peer.raw(answer)

            def pump(a, b):
                try:
                    while data := a.recv(4096):
                        b.sendall(data)
                    b.shutdown(socket.SHUT_WR)
                except OSError:
                    pass

            t = threading.Thread(target=pump, args=(up, peer.sock), daemon=True)
            t.start()
            pump(peer.sock, up)
            t.join(5)

    front = lab.serve(arr)
    lab.watch()
    assert lab.talk(front) == (502 if broken else 101)
