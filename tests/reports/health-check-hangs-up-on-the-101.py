# SPDX-License-Identifier: GPL-2.0-only
"""HAProxy checks a WebSocket server with a handshake, once a second, and hangs up on the 101."""
from lab import Report, wait_until

REPORT = Report("haproxy/haproxy#1009", "en", never=("early-client-close", "no-goodbye", "reset"))
CHECK = """option httpchk
  http-check send meth GET uri /ws ver HTTP/1.1 hdr Host x hdr Connection Upgrade \
hdr Upgrade websocket hdr Sec-WebSocket-Key x3JJHMbDL1EzLkh9GBhXDw== hdr Sec-WebSocket-Version 13
  http-check expect status 101
  default-server check inter 500ms"""


def run(lab, broken):
    checks = []

    def server(peer):
        peer.accept()
        checks.append(1)
        peer.echo()

    backend = lab.serve(server)
    lab.watch(backend)
    front = lab.haproxy(backend, CHECK)
    wait_until(lambda: len(checks) >= 3, "three checks")
    assert lab.talk(front) == 101
