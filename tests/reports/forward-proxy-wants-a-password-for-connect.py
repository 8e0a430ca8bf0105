# SPDX-License-Identifier: GPL-2.0-only
"""wss behind a company's proxy fails: CONNECT is answered with 407."""
from lab import Report, Verdict

REPORT = Report(
    "microsoft/vscode: proxy authentication required, websocket tunnel 407",
    "en",
    # The forward proxy wants credentials for the CONNECT; the WebSocket server was never asked.
    right=Verdict("auth refused", says=("407", "CONNECT|[Pp]roxy-Auth")),
    never=(
        "origin-403",
        "tls-mismatch",
        "no-key",
        "not-found",
        "upstream-down",
        "upgrade-stripped",
    ),
    not_yet="a 407 to CONNECT is what each client with a password gets first",
)


def run(lab, broken):
    back = lab.ws()

    def proxy(peer):
        peer.read_head()
        if peer.header("Proxy-Authorization"):
            import socket
            import threading

            up = socket.create_connection(("127.0.0.1", back))
            peer.raw("HTTP/1.1 200 Connection established\r\n\r\n")

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
            up.close()
        else:
            peer.refuse(
                "407 Proxy Authentication Required",
                "no",
                [("Proxy-Authenticate", 'Basic realm="corp"'), ("Connection", "close")],
            )

    front = lab.serve(proxy)
    lab.watch()
    with lab.connect(front) as client:
        client.raw(
            f"CONNECT 127.0.0.1:{back} HTTP/1.1\r\nHost: 127.0.0.1:{back}\r\n"
            + ("" if broken else "Proxy-Authorization: Basic dTpw\r\n")
            + "\r\n"
        )
        assert client.answer()[0] == (407 if broken else 200)
        if not broken:
            assert client.upgrade()[0] == 101
            client.chat("hello")
            client.goodbye()
