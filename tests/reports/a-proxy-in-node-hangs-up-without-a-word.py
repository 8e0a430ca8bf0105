# SPDX-License-Identifier: GPL-2.0-only
"""node-http-proxy ends the client's connection without any answer."""
from imitated import proxy
from lab import Report, Verdict

REPORT = Report(
    "http-party/node-http-proxy#783", "en",
    # The application said 404; the proxy passes a 101 on and nothing else.
    right=Verdict("not-found refused", says=("404", r"pass|hung up|without an answer|no answer")),
    never=("upstream-mute", "upstream-down", "proxy-rejected-101"),
)
NODE = """
server = upstream()
server.sendall(head_of(client))
head = head_of(server)
if b" 101 " in head:
    client.sendall(head)
    join(client, server)
client.close()
time.sleep(2)
"""


def run(lab, broken):
    def application(peer):
        if broken:
            peer.refuse("404 Not Found", "no such room", [("Content-Type", "text/plain")])
            peer.wait_end()
            return
        peer.accept().echo()

    front = proxy(lab, "node", lab.serve(application), NODE)
    lab.watch()
    assert lab.talk(front, "/room/7") == (0 if broken else 101)
