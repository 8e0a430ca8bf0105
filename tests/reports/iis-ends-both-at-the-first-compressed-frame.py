# SPDX-License-Identifier: GPL-2.0-only
"""Behind IIS with ARR the messages pane stays empty after the 101, and it reconnects for ever."""
import zlib

from imitated import proxy
from lab import Report, Verdict, wire

REPORT = Report(
    "open-webui/open-webui#24579", "en",
    # ARR passes permessage-deflate on and cannot carry it: it ends both at the first such frame.
    right=Verdict("extension proxy-rejected-101", says=("compress|permessage-deflate",),
                  hop="w3wp"),
    never=("idle-timeout", "backend-restart", "rsv-not-agreed", "early-client-close", "reload"),
)
ARR = """
server = upstream()
server.sendall(head_of(client))
client.sendall(head_of(server))
if server.recv(1, socket.MSG_PEEK)[0] & 0x40:
    server.recv(65536)
    client.close()
    return
join(client, server)
"""
HELLO = b'0{"sid":"Lbo5JLzTotvW3g2LAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'


def run(lab, broken):
    def uvicorn(peer):
        peer.accept([("Sec-WebSocket-Extensions", "permessage-deflate")] if broken else ())
        squeeze = zlib.compressobj(wbits=-15)
        small = squeeze.compress(HELLO) + squeeze.flush(zlib.Z_SYNC_FLUSH)
        peer.send(wire.TEXT, small[:-4] if broken else HELLO, rsv=4 if broken else 0)
        peer.echo()

    front = proxy(lab, "w3wp", lab.serve(uvicorn), ARR)
    lab.watch()
    for _ in range(2):
        client = lab.connect(front)
        status, _ = client.upgrade("/ws/socket.io/?EIO=4&transport=websocket",
                                   {"Sec-WebSocket-Extensions": "permessage-deflate"})
        assert status == 101
        if broken:
            client.wait_end()
            client.close()
        else:
            client.message()
            client.goodbye()
