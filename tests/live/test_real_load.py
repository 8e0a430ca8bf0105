# SPDX-License-Identifier: GPL-2.0-only
"""Real programs that are stuck, slow, restarted or too many: each gives exactly its verdict."""
import os
import signal
import threading
import time

import pytest

from conftest import LIMIT, listens, program
from diag_lab import location
from test_diagnose import ONLY, rules
from test_real import ECHO, real  # noqa: F401

pytestmark = pytest.mark.one_kernel

# Each server pings and waits for a pong; they give up in different ways.
HEARTBEATS = {
    "websockets": lambda r: r.websockets(ping_interval=1, ping_timeout=1.5),
    "tornado": lambda r: r.tornado(websocket_ping_interval=1, websocket_ping_timeout=2.5),
    "node": lambda r: r.ws_server(
        ECHO + "ws.alive = true; ws.on('pong', () => { ws.alive = true; });"
        "setInterval(() => { if (!ws.alive) return ws.terminate(); ws.alive = false; ws.ping(); },"
        " 1500);"),
}


@pytest.mark.parametrize("server", HEARTBEATS)
@pytest.mark.parametrize("stops", [True, False])
def test_heartbeat(wstrace, real, server, stops):
    """The client's process is stopped, as a laptop's whose lid is shut."""
    port = HEARTBEATS[server](real)
    w = wstrace("-p", port)
    client = real.ws_client(port, "ws.on('open', () => ws.send('x')); ws.on('message', () => 0);"
                            "process.on('SIGTERM', () => ws.close(1000));", path="/ws")
    w.wait("frame", dir="s2c", op="ping")
    if stops:
        w.wait("frame", dir="c2s", op="pong")
        client.send_signal(signal.SIGSTOP)
        w.wait("verdict")
        client.send_signal(signal.SIGCONT)
    else:
        w.wait("frame", 4, dir="c2s", op="pong")
        client.send_signal(signal.SIGTERM)
    w.wait("close")
    assert rules(w.stop()) == (["server-heartbeat"] if stops else [])


@pytest.mark.parametrize("blocks", [True, False])
def test_not_reading(wstrace, real, blocks):
    """node's event loop computes for four seconds, or for a tenth of one now and then."""
    ms = 4000 if blocks else 100
    port = real.ws_server(f"ws.on('message', () => {{ const end = Date.now() + {ms}; "
                          "while (Date.now() < end); ws.send('done'); });")
    w = wstrace("-p", port, *ONLY)
    real.ws_client(port, "let n = 0;"
                   "ws.on('open', () => { setInterval(() => ws.send('x'), 150); });"
                   "ws.on('message', () => { if (++n == 15) ws.close(1000); });")
    w.wait("verdict" if blocks else "close")
    assert rules(w.stop()) == (["not-reading"] if blocks else [])


@pytest.mark.parametrize("reads", [False, True])
def test_slow_reader(wstrace, real, reads):
    """A client of node's ws that pauses, and a server that goes on sending."""
    port = real.ws_server("const t = setInterval(() => ws.send(Buffer.alloc(200000)), 10);"
                          "ws.on('close', () => clearInterval(t));")
    w = wstrace("-p", port, *ONLY)
    real.ws_client(port, "let n = 0; ws.on('open', () => { if (!%s) ws.pause(); });"
                   "setInterval(() => 0, 1000);"
                   "ws.on('message', () => { if (++n == 200) { ws.close(1000);"
                   "ws.on('close', () => process.exit(0)); } });"
                   % str(reads).lower())
    w.wait("close" if reads else "verdict")
    assert rules(w.stop()) == ([] if reads else ["slow-reader"])


class Dozing(threading.Thread):
    """Stops a process for so many ms, again and again, as a host does that has no CPU left.

    What comes meanwhile waits; what it asks for is answered while it still runs: so the server
    below sends by itself.
    """

    def __init__(self, pid, ms):
        super().__init__(daemon=True)
        self.pid, self.ms, self.over = pid, ms, threading.Event()

    def run(self):
        while not self.over.is_set():
            os.kill(self.pid, signal.SIGSTOP)
            time.sleep(self.ms / 1000)
            os.kill(self.pid, signal.SIGCONT)
            time.sleep(0.005)


@pytest.mark.parametrize("slow", [True, False])
def test_proxy_slow(wstrace, real, slow):
    backend = real.ws_server("const t = setInterval(() => ws.send('tick'), 20);"
                             "ws.on('close', () => clearInterval(t));")
    port = real.haproxy(backend)
    w = wstrace("-p", f"{port},{backend}")
    real.ws_client(port, "let n = 0;"
                   "ws.on('message', () => { if (++n == 100) ws.close(1000); });")
    w.wait("leg")
    w.wait("frame", 2)
    dozing = Dozing(real.proxy.pid, 200)
    if slow:
        dozing.start()
    try:
        w.wait("verdict" if slow else "close")
    finally:
        dozing.over.set()
        if slow:
            dozing.join()
    assert rules(w.stop()) == (["proxy-slow"] if slow else [])


def test_tiny_frames(wstrace, real):
    """libwebsockets' test client draws on the mirror, thousands of points a second."""
    port = real.free_port()
    server = real.quiet(program("libwebsockets-test-server"), f"--port={port}")
    listens(port, server)
    w = wstrace("-p", port)
    real.quiet(program("libwebsockets-test-client"), "127.0.0.1", f"--port={port}")
    w.wait("verdict")
    assert rules(w.stop()) == ["tiny-frames"]


CROWD = """
const late = Number(process.argv[1]);
function open() {
  const ws = new WebSocket('ws://127.0.0.1:%d/');
  ws.on('error', () => setTimeout(open, 100 + late * Math.random()));
  ws.on('open', () => ws.on('close', () => setTimeout(open, late * Math.random())));
}
for (let i = 0; i < 30; i++) open();
"""


@pytest.mark.parametrize("library", ["websockets", "node"])
@pytest.mark.parametrize("late", [10, 9000], ids=["at once", "at random"])
def test_restart(wstrace, real, library, late):
    """SIGTERM ends a server with 30 clients, and it comes back on the same port."""
    def start(port):
        if library == "websockets":
            return real.websockets(port=port)
        return real.ws_server("process.on('SIGTERM', () => { server.close(); ws.close(1012);"
                              " setTimeout(() => process.exit(0), 300); });", port)

    port = start(None)
    server = real.server
    w = wstrace("-p", port, *ONLY)
    real.node(CROWD % port, late)
    w.wait("response", 30, status=101, limit=3 * LIMIT)
    time.sleep(2.2)  # otherwise as many have just opened as close
    server.send_signal(signal.SIGTERM)
    w.wait("close", 30)
    server.wait()
    start(port)
    w.wait("response", 45, status=101)
    run = w.stop()
    assert rules(run) == ["restarting"] + (["stampede"] if late == 10 else [])


ENGINE = """
import asyncio, engineio, sys
from aiohttp import web
async def main():
    server = engineio.AsyncServer(async_mode="aiohttp")
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.Event().wait()
asyncio.run(main())
"""
ENGINE_CLIENT = """
import asyncio, engineio, sys
async def main():
    client = engineio.AsyncClient()
    await client.connect(f"http://127.0.0.1:{sys.argv[1]}")
    print(client.transport(), flush=True)
    await client.disconnect()
asyncio.run(main())
"""


@pytest.mark.parametrize("balance", ["", "ip_hash;"], ids=["round robin", "ip_hash"])
def test_sticky(wstrace, real, balance):
    """engine.io opens a session by HTTP, and its WebSocket then reaches the other server."""
    backends = [real.free_port(), real.free_port()]
    for port in backends:
        listens(port, real.python("engineio", ENGINE, port))
    port = real.nginx(location("two").replace("127.0.0.1:", ""), http="upstream two { %s %s }" % (
        balance, " ".join(f"server 127.0.0.1:{b};" for b in backends)))
    w = wstrace("-p", ",".join(str(p) for p in (port, *backends)), *ONLY)
    real.python("engineio", ENGINE_CLIENT, port)
    w.wait("response", 2, status=101 if balance else 400)
    if balance:
        w.wait("close", 2)
    assert rules(w.stop()) == ([] if balance else ["sticky"])
