# SPDX-License-Identifier: GPL-2.0-only
"""diag_backend.py PORT: a WebSocket server with the fault that the path names.

/echo is right. By hand, since no library sends such things.
"""
import asyncio
import base64
import hashlib
import os
import socket
import struct
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ANSWERS = {"401": "Unauthorized", "404": "Not Found", "503": "Unavailable",
           "301": "Moved Permanently"}


def frame(b0, payload, length=None):
    n = len(payload) if length is None else length
    if n < 126:
        return bytes([b0, n]) + payload
    return bytes([b0, 126]) + struct.pack("!H", n) + payload


def close(code, reason=b""):
    return frame(0x88, struct.pack("!H", code) + reason)


# Answers to the first message.
SENDS = {
    "masked": bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi",
    "rsv": frame(0xc1, b"hi"),
    "orphan": frame(0x80, b"hi"),
    "nested": frame(0x01, b"hi") + frame(0x81, b"ho"),
    "op3": frame(0x83, b"hi"),
    "long-form": bytes([0x81, 126, 0, 2]) + b"hi",
    "bad-reason": close(1000, b"\xff\xfe"),
    "close-1005": close(1005),
    "after-close": close(1000) + frame(0x81, b"hi"),
    "1007": close(1007),
}


async def read_frame(r):
    b0, b1 = await r.readexactly(2)
    n = b1 & 127
    if n == 126:
        n, = struct.unpack("!H", await r.readexactly(2))
    elif n == 127:
        n, = struct.unpack("!Q", await r.readexactly(8))
    mask = await r.readexactly(4) if b1 & 128 else b""
    data = await r.readexactly(n)
    return b0, bytes(c ^ mask[i & 3] for i, c in enumerate(data)) if mask and n < 1000 else data


def answer(path, key, headers):
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
    if path == "bad-accept":
        accept = base64.b64encode(hashlib.sha1(b"no" + GUID).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    if path != "no-accept":
        lines.append(f"Sec-WebSocket-Accept: {accept}")
    if path == "protocol":
        lines.append("Sec-WebSocket-Protocol: other")
    elif b"sec-websocket-protocol" in headers and path != "no-protocol":
        lines.append("Sec-WebSocket-Protocol: "
                     + headers[b"sec-websocket-protocol"].split(b",")[0].decode())
    return "\r\n".join(lines) + "\r\n\r\n"


async def websocket(path, r, w):
    while True:
        b0, data = await read_frame(r)
        if b0 & 15 == 8:
            if path != "no-answer":
                w.write(frame(0x88, data))
            return
        if b0 & 15 == 9:
            w.write(frame(0x8a, data))
            continue
        if b0 & 15 == 10:
            continue
        if path in SENDS:
            w.write(SENDS[path])
            if b"\x88" != SENDS[path][:1]:
                continue
        elif path == "exit":
            os._exit(1)
        elif path == "drop":
            return
        elif path == "abort":
            w.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                  struct.pack("ii", 1, 0))
            w.transport.abort()
            return
        w.write(frame(b0, data))


async def serve(r, w):
    try:
        head = (await r.readuntil(b"\r\n\r\n")).split(b"\r\n")
        headers = {k.strip().lower(): v.strip()
                   for k, _, v in (line.partition(b":") for line in head[1:])}
        path = head[0].split()[1].decode().strip("/").split("?")[0].split("/")[-1]
        if path == "mute":
            await asyncio.sleep(3600)
        if path.startswith("slow-"):
            await asyncio.sleep(int(path[5:]))
        if path == "hang-up":
            return
        if path in ANSWERS:
            w.write(f"HTTP/1.1 {path} {ANSWERS[path]}\r\nContent-Length: 0\r\n"
                    "Location: https://example.com/x\r\nConnection: close\r\n\r\n".encode())
            return
        if headers.get(b"upgrade", b"").lower() != b"websocket":
            w.write(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n"
                    b"Connection: close\r\n\r\n")
            return
        if headers.get(b"sec-websocket-version") != b"13":
            w.write(b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n"
                    b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return
        w.write(answer(path, headers.get(b"sec-websocket-key", b""), headers).encode())
        await websocket(path, r, w)
    except (EOFError, ConnectionError):
        pass
    finally:
        w.close()


async def main():
    server = await asyncio.start_server(serve, sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1",
                                        int(sys.argv[1]), limit=1 << 20)
    async with server:
        await server.serve_forever()


asyncio.run(main())
