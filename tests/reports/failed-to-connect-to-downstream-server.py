# SPDX-License-Identifier: GPL-2.0-only
"""noVNC: Connection closed (code: 1011, reason: Failed to connect to downstream server)."""
from imitated import proxy
from lab import Report, Verdict, wire

REPORT = Report(
    "novnc/websockify#482", "en",
    right=Verdict("app-error upstream-down", says=("downstream server",), also="upstream-down"),
    never=("client-error", "backend-restart", "bad-frame"),
)
WEBSOCKIFY = """
import base64, hashlib, struct
key = head_of(client).split(b"Sec-WebSocket-Key: ")[1].split()[0]
digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
client.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n"
               b"Connection: Upgrade\\r\\nSec-WebSocket-Accept: " + base64.b64encode(digest)
               + b"\\r\\nSec-WebSocket-Protocol: binary\\r\\n\\r\\n")
try:
    hello = upstream().recv(64)
    client.sendall(bytes([0x82, len(hello)]) + hello)
except ConnectionRefusedError:
    reason = struct.pack("!H", 1011) + b"Failed to connect to downstream server"
    client.sendall(bytes([0x88, len(reason)]) + reason)
    client.recv(512)
    return
client.recv(512)
client.sendall(b"\\x88\\x02\\x03\\xe8")
"""


def run(lab, broken):
    vnc = lab.port()
    if not broken:
        lab.serve(lambda peer: peer.raw(b"RFB 003.008\n"), port=vnc)
    front = proxy(lab, "websockify", vnc, WEBSOCKIFY)
    lab.watch()
    client = lab.connect(front)
    assert client.upgrade("/websockify", {"Sec-WebSocket-Protocol": "binary"})[0] == 101
    op, payload, _ = client.recv()
    assert op == (wire.CLOSE if broken else wire.BINARY)
    client.send(wire.CLOSE, payload if broken else wire.close_payload(1000))
    client.wait_end()
    client.close()
