# SPDX-License-Identifier: GPL-2.0-only
"""Clients have gone, and the server keeps their sockets: CLOSE_WAIT piles up."""
import time

from lab import Note, Report, Verdict

# A file ends with its last packet
RIGHT = Verdict("close-wait", says=("CLOSE.WAIT|does not close|keeps",), hop="python3")
REPORT = Report(
    "websockets/ws#180",
    "en",
    right=RIGHT,
    files=Note(()),
    never=("half-open", "reset"),
)
SERVER = """
import base64, hashlib, socket, threading
kept = []

def serve(sock):
    head = sock.recv(65536)
    key = head.split(b"Key: ")[1].split(b"\\r")[0]
    key += b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    sock.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\n"
                 b"Upgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                 b"Sec-WebSocket-Accept: "
                 + base64.b64encode(hashlib.sha1(key).digest()) + b"\\r\\n\\r\\n")
    while sock.recv(65536):
        pass
    if sys.argv[2] == "keep":
        kept.append(sock)
    else:
        sock.close()

listener = socket.create_server(("127.0.0.1", PORT))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],)).start()
"""


def run(lab, broken):
    port = lab.python(SERVER, None, "keep" if broken else "close")
    lab.watch()
    for _ in range(3):
        with lab.connect(port) as client:
            assert client.upgrade()[0] == 101
            client.send(1, "hello")
    if broken:
        time.sleep(11.5)  # longer than anybody needs to close
