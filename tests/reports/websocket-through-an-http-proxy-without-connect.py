# SPDX-License-Identifier: GPL-2.0-only
"""WebSockets do not work through an HTTP proxy that is asked with GET."""
from imitated import proxy
from lab import Report, Verdict

REPORT = Report(
    "3proxy/3proxy#504", "ru",
    # Upgrade and Connection are for one hop only: the proxy takes them away. CONNECT is the way.
    right=Verdict("upgrade-stripped", says=("CONNECT",), hop="3proxy"),
    never=("bad-request-line", "path-rewritten"),
)
PROXY = """
head = head_of(client)
if head.startswith(b"CONNECT"):
    server = upstream(int(head.split()[1].split(b":")[1]))
    client.sendall(b"HTTP/1.0 200 Connection established\\r\\n\\r\\n")
else:
    method, url, rest = head.split(b" ", 2)
    host, path = url[7:].split(b"/", 1)
    server = upstream(int(host.split(b":")[1]))
    head = without(method + b" /" + path + b" " + rest, b"upgrade", b"connection")
    server.sendall(head[:-2] + b"Connection: close\\r\\n\\r\\n")
join(client, server)
"""


def run(lab, broken):
    backend = lab.ws()
    front = proxy(lab, "3proxy", backend, PROXY)
    lab.watch()
    if broken:
        assert lab.talk(front, f"http://127.0.0.1:{backend}/service") in (400, 426)
        return
    client = lab.connect(front)
    client.raw(f"CONNECT 127.0.0.1:{backend} HTTP/1.1\r\nHost: 127.0.0.1:{backend}\r\n\r\n")
    assert client.answer()[0] == 200
    assert client.upgrade("/service")[0] == 101
    client.chat("hello")
    client.goodbye()
