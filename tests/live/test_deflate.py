# SPDX-License-Identifier: GPL-2.0-only
"""permessage-deflate: wstrace inflates what the peers sent, and says where that is not possible."""
import base64
import hashlib
import json
import os
import subprocess
import sys
import zlib

import pytest

from conftest import HERE, LIMIT, WSTRACE, of, program, wait_until
from wire import BINARY, CONT, PING, TEXT, Pair

AGREED = [("Sec-WebSocket-Extensions", "permessage-deflate")]
INFLATE_MAX = 16 << 20


def client(kind, port, params):
    """Runs a client to its end. Returns the hashes of what it sent."""
    if kind == "python":
        args = [sys.executable, HERE / "deflate.py"]
    else:
        args = [program("node"), HERE / "deflate.js"]
    run = subprocess.run([*args, str(port), json.dumps(params)], stdout=subprocess.PIPE, text=True,
                         env={**os.environ, "NODE_PATH": "/usr/share/nodejs"}, timeout=2 * LIMIT,
                         check=True)
    return run.stdout.split()


def inflated(e):
    return e["inflated"].encode() if "inflated" in e else base64.b64decode(e["inflated_b64"])


def plain(e):
    return e["payload"].encode() if "payload" in e else base64.b64decode(e["payload_b64"])


def hashes(frames):
    """Returns the hashes of all messages, joined from frames, and how many were compressed."""
    found, parts, compressed = [], [], False
    n = 0
    for e in frames:
        if e["opcode"] & 8:
            continue
        if e["opcode"]:
            compressed = e["rsv"] == 4
            n += compressed
        assert "inflate_error" not in e
        parts.append(inflated(e) if compressed else plain(e))
        assert compressed == ("inflated" in e or "inflated_b64" in e)
        if e["fin"]:
            found.append(hashlib.sha256(b"".join(parts)).hexdigest())
            parts = []
    return found, n


def read(path, *args):
    run = subprocess.run([WSTRACE, "-j", *args, "-r", str(path)], capture_output=True, check=True,
                         timeout=2 * LIMIT)
    return [json.loads(line) for line in run.stdout.splitlines()]


# For the client: of python3-websockets, and of node's ws
WISHES = {
    "takeover": ({}, {}),
    "no takeover": ({"client_no_context_takeover": True, "server_no_context_takeover": True},
                    {"clientNoContextTakeover": True, "serverNoContextTakeover": True}),
    "one way, small windows": ({"server_no_context_takeover": True, "client_max_window_bits": 9,
                                "server_max_window_bits": 10},
                               {"serverNoContextTakeover": True, "clientMaxWindowBits": 9,
                                "serverMaxWindowBits": 10}),
}


@pytest.mark.parametrize("wishes", WISHES)
@pytest.mark.parametrize("kind", ("python", "node"))
@pytest.mark.parametrize("server", ("python", "node"))
def test_as_the_peers_said(request, wstrace, tmp_path, server, kind, wishes):
    path = tmp_path / "f.pcapng"
    server = request.getfixturevalue("py_server" if server == "python" else "node_server")("deflate")
    w = wstrace("-p", server.port, "-s", "full", "-w", path, "--ringbuf", 64)
    sent = client(kind, server.port, WISHES[wishes][kind == "node"])
    assert len(sent) == 100
    w.wait("close")
    run = w.stop()
    granted = run.one("response")["extensions"]
    assert ("server_no_context_takeover" in granted) == (wishes != "takeover")
    for d in ("c2s", "s2c"):
        got, n = hashes(run.frames(dir=d))
        assert got == sent and n >= 90
    again = read(path, "-s", "full")
    for d in ("c2s", "s2c"):
        assert hashes(of(again, "frame", dir=d))[0] == sent


class Deflater:
    """Returns a sender's compressor."""

    def __init__(self):
        self.z = zlib.compressobj(9, zlib.DEFLATED, -15)

    def __call__(self, data):
        return (self.z.compress(data) + self.z.flush(zlib.Z_SYNC_FLUSH))[:-4]


WORDS = [os.urandom(60) for _ in range(3)]


@pytest.mark.quick
@pytest.mark.parametrize("extensions", ("permessage-deflate",
                                        "permessage-deflate; client_no_context_takeover"))
def test_truncated_payload_costs_the_context(port, wstrace, extensions):
    w = wstrace("-p", port, "-s", 100)
    p = Pair(port).upgrade(response_headers=[("Sec-WebSocket-Extensions", extensions)])
    alone = "no_context" in extensions
    deflate = Deflater()

    def send(data):
        p.c2s(BINARY, (Deflater() if alone else deflate)(data), rsv=4)

    for data in (WORDS[0], WORDS[0], WORDS[1] + WORDS[2], WORDS[1], WORDS[0][:30] + b"!"):
        send(data)
    p.close()
    w.wait("close")
    got = w.stop().frames()
    assert [inflated(e) for e in got[:2]] == WORDS[:1] * 2
    assert got[2]["truncated"] and got[2]["inflate_error"] == "truncated"
    assert inflated(got[2]) and (WORDS[1] + WORDS[2]).startswith(inflated(got[2]))
    if alone:
        assert inflated(got[3]) == WORDS[1] and "inflate_error" not in got[3]
    else:
        assert [e["inflate_error"] for e in got[3:]] == ["context-lost"] * 2


def test_joined_midway(port, wstrace):
    """Compressed messages that refer to nothing before them can be inflated nevertheless."""
    p = Pair(port).upgrade(response_headers=AGREED)
    deflate = Deflater()
    p.c2s(BINARY, deflate(WORDS[0]), rsv=4)
    w = wstrace("-p", port, "-s", "full")
    w.wait("open")
    for _ in range(5):
        p.c2s(PING, b"")
    w.wait("frame", 2)
    for data in (WORDS[0], WORDS[1], WORDS[1]):
        p.c2s(BINARY, deflate(data), rsv=4)
    p.close()
    w.wait("close")
    got = [e for e in w.stop().frames() if e["rsv"]]
    assert [e.get("inflate_error") for e in got] == ["context-lost", None, None]
    assert [inflated(e) for e in got[1:]] == [WORDS[1]] * 2


def test_not_agreed_is_not_inflated(port, wstrace):
    w = wstrace("-p", port, "-s", "full")
    p = Pair(port).upgrade()
    p.c2s(BINARY, Deflater()(b"hello"), rsv=4)
    p.close()
    w.wait("close")
    e, = w.stop().frames()
    assert not {"inflated", "inflated_b64", "inflate_error"} & set(e)


@pytest.mark.quick
def test_bomb(port, wstrace):
    """A message that unpacks to a thousand times its size does not fill memory."""
    w = wstrace("-p", port, "-s", "full")
    p = Pair(port).upgrade(response_headers=AGREED)
    deflate = Deflater()
    p.c2s(BINARY, deflate(bytes(200 << 20)), rsv=4)
    p.c2s(BINARY, deflate(bytes(500)), rsv=4)
    w.wait("frame", 2)
    with open(f"/proc/{w.proc.pid}/status") as f:
        peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
    p.close()
    w.wait("close")
    first, second = w.stop().frames()
    assert first["inflate_error"] == "too-long" and len(inflated(first)) == INFLATE_MAX
    assert second["inflate_error"] == "context-lost"
    assert peak < 300 * 1024


def test_fragments_between_whole_messages(port, wstrace, tmp_path):
    """tshark 4.0 inflates the first message here and not the second; the file has the bytes."""
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-s", "full", "-w", path)
    p = Pair(port).upgrade("/", AGREED, AGREED)
    deflate = Deflater()
    for i in range(3):
        data = deflate(b"message number %d, " % i * 3)
        if i == 1:
            p.c2s(TEXT, data[:5], fin=False, rsv=4)
            p.c2s(CONT, data[5:])
        else:
            p.c2s(TEXT, data, rsv=4)
    p.close()
    w.wait("close")
    run = w.stop()
    said = b"".join(b"message number %d, " % i * 3 for i in range(3))
    for events in (run.events, read(path, "-s", "full")):
        assert b"".join(inflated(e) for e in of(events, "frame")) == said
    shown = subprocess.run([program("tshark"), "-n", "-r", path, "-d", f"tcp.port=={port},http",
                            "-V", "-Y", "websocket"], capture_output=True, check=True).stdout
    assert b"message number 0, message number 0, " in shown


def test_text_output(port, wstrace):
    w = wstrace("-p", port, "-s", "full", json_output=False)
    p = Pair(port).upgrade(response_headers=AGREED)
    deflate = Deflater()
    p.c2s(TEXT, deflate(b"hello \x1b[31m you"), rsv=4)
    p.c2s(TEXT, deflate(b"one "), fin=False, rsv=4)
    p.c2s(CONT, b"\xff\xff\xff")
    p.close()
    wait_until(lambda: " ended TCP" in w.out.text(), "the close")
    w.stop()
    lines = [x for x in w.out.text().splitlines() if " text " in x or " cont " in x]
    assert lines[0].endswith('inflated 15 B "hello \\x1b[31m you"'), lines
    assert lines[1].endswith('inflated 4 B "one "'), lines
    assert lines[2].endswith("not inflated: not deflate data"), lines
