# SPDX-License-Identifier: GPL-2.0-only
"""deflate.py PORT JSON: a client of python3-websockets that sends compressed messages to an echo.

JSON: arguments of ClientPerMessageDeflateFactory. Prints the SHA-256 of each message that it sent.
"""
import asyncio
import hashlib
import json
import random
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

rng = random.Random(3)


def message(i):
    """Returns text and binary messages, some of which compress well, some not at all."""
    n = rng.randrange(300000 if i % 20 == 0 else 3000)
    if i % 2:
        return "".join(rng.choice(["grüße ", "0123456789", "你好 ", "{\"key\":\"value\"}"])
                       for _ in range(n // 8))
    return rng.randbytes(n // 2) + b"abc" * (n // 6)


def pieces(data, i):
    if i % 3 or len(data) < 10:
        return data
    cuts = sorted(rng.sample(range(1, len(data)), 4))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]


async def main():
    deflate = ClientPerMessageDeflateFactory(**json.loads(sys.argv[2]))
    async with websockets.connect(f"ws://127.0.0.1:{sys.argv[1]}/", max_size=None, compression=None,
                                  extensions=[deflate], ping_interval=None) as ws:
        for i in range(100):
            data = message(i)
            await ws.send(pieces(data, i))
            assert await ws.recv() == data
            raw = data.encode() if isinstance(data, str) else data
            print(hashlib.sha256(raw).hexdigest())


asyncio.run(main())
