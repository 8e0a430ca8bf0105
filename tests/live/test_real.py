# SPDX-License-Identifier: GPL-2.0-only
"""Faults of real programs: each gives exactly its verdict; without the fault there is none.

Servers and clients are node's ws, python3-websockets, tornado, aiohttp, libwebsockets, engineio and
Chromium; what each does wrong is an option of its own, or of the proxy in front of it.
"""
import os
import signal
import subprocess
import sys

import pytest

from conftest import listens, program
from diag_lab import UPGRADE, Lab, location, nginx_conf
from test_diagnose import diagnosed, rules

pytestmark = pytest.mark.one_kernel

ECHO = "ws.on('message', (m, b) => ws.send(m, {binary: b}));"


class Real(Lab):
    def node(self, script, *args):
        program("node")
        if not os.path.exists("/usr/share/nodejs/ws"):
            pytest.skip("node-ws is not installed")
        return self.quiet("node", "-e", "const WebSocket = require('ws');" + script,
                          *(str(a) for a in args),
                          env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})

    def ws_server(self, on_connection=ECHO, port=None, **options):
        """node's ws; options are its own, as JavaScript."""
        port = port or self.free_port()
        self.server = self.node(
            f"const server = new WebSocket.Server({{port: {port}, "
            f"{', '.join(f'{k}: {v}' for k, v in options.items())}}});"
            f"server.on('connection', (ws) => {{ ws.on('error', () => {{}}); {on_connection} }})")
        listens(port, self.server)
        return port

    def ws_client(self, port, script, protocols="", path="/", **options):
        """node's ws: script sees it as ws."""
        return self.node(
            f"const ws = new WebSocket('ws://127.0.0.1:{port}{path}', [{protocols}], "
            f"{{{', '.join(f'{k}: {v}' for k, v in options.items())}}});"
            f"ws.on('error', () => {{}}); {script}")

    def python(self, module, script, *args):
        pytest.importorskip(module)
        return self.quiet(sys.executable, "-c", script, *(str(a) for a in args))

    def websockets(self, handler="async for m in ws: await ws.send(m)", port=None, **options):
        """A server of python3-websockets; options are its own, as Python."""
        port = port or self.free_port()
        options.setdefault("ping_interval", None)
        self.server = self.python("websockets", f"""
import asyncio, signal, websockets
async def handle(ws, *_):
    {handler}
async def main():
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    async with websockets.serve(handle, "127.0.0.1", {port}, **{options!r}):
        await end.wait()
asyncio.run(main())""")
        listens(port, self.server)
        return port

    def tornado(self, methods="", **settings):
        port = self.free_port()
        self.server = self.python("tornado", f"""
import asyncio
from tornado import web, websocket
class Handler(websocket.WebSocketHandler):
    def on_message(self, m): self.write_message(m, isinstance(m, bytes))
    {methods}
async def main():
    web.Application([("/ws", Handler)], **{settings!r}).listen({port}, "127.0.0.1")
    await asyncio.Event().wait()
asyncio.run(main())""")
        listens(port, self.server)
        return port

    def chromium(self, page):
        """A browser that loads this page, and is ended with the test."""
        return self.quiet(program("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu",
                          "--disable-dev-shm-usage", "--no-first-run",
                          "--disable-background-networking", f"--user-data-dir={self.dir}/chromium",
                          page)


@pytest.fixture
def real(spawn, free_port, tmp_path):
    return Real(spawn, free_port, tmp_path)


HELLO = "ws.on('open', () => ws.send('hello')); ws.on('message', () => ws.close(1000));"


def through(wstrace, real, backend, more, script=HELLO, closes=2, **client):
    """A client of node's ws, through nginx with these lines in its location."""
    port = real.nginx(location(backend, more=more))
    return rules(diagnosed(wstrace, (port, backend),
                           lambda: real.ws_client(port, script, **client), closes))


SERVERS = {
    "node": lambda real: real.ws_server(perMessageDeflate="{threshold: 0}"),
    "websockets": lambda real: real.websockets(subprotocols=["chat"]),
}
# What nginx changes in a handshake between two correct libraries
HEADERS = {
    "upgrade-stripped": "",
    "upstream-http10": "proxy_set_header Upgrade $http_upgrade; "
                       "proxy_set_header Connection $connection_upgrade;",
    "upgrade-value": "proxy_http_version 1.1; proxy_set_header Upgrade upgrade; "
                     "proxy_set_header Connection upgrade;",
    "connection-token": "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
                        "proxy_set_header Connection keep-alive;",
    "no-key": UPGRADE + 'proxy_set_header Sec-WebSocket-Key "";',
    "bad-key": UPGRADE + 'proxy_set_header Sec-WebSocket-Key "short";',
    "bad-version": UPGRADE + "proxy_set_header Sec-WebSocket-Version 7;",
    "bad-accept": UPGRADE + 'proxy_set_header Sec-WebSocket-Key "dGhlIHNhbXBsZSBub25jZQ==";',
    "bad-101": UPGRADE + "proxy_hide_header Sec-WebSocket-Accept;",
    "extension": UPGRADE + "proxy_set_header Sec-WebSocket-Extensions permessage-deflate;",
    "subprotocol": UPGRADE + 'proxy_set_header Sec-WebSocket-Protocol "";',
    "rsv-not-agreed": UPGRADE + "proxy_hide_header Sec-WebSocket-Extensions;",
}


@pytest.mark.parametrize("rule", HEADERS)
@pytest.mark.parametrize("server", SERVERS)
def test_header(wstrace, real, rule, server):
    found = through(wstrace, real, SERVERS[server](real), HEADERS[rule], protocols="'chat'",
                    perMessageDeflate="false" if rule == "extension" else "true")
    # node's ws opens a WebSocket over HTTP/1.0, and what works gets no error
    works = (server, rule) == ("node", "upstream-http10")
    assert found == ([] if works else [rule])


@pytest.mark.parametrize("deflate", ["true", "false"])
@pytest.mark.parametrize("server", SERVERS)
def test_headers_mended(wstrace, real, server, deflate):
    assert through(wstrace, real, SERVERS[server](real), UPGRADE, protocols="'chat'",
                   perMessageDeflate=deflate) == []


CHROME = {  # answers on which the browser closes
    "bad-accept": HEADERS["bad-accept"],
    "subprotocol": HEADERS["subprotocol"],
    None: UPGRADE,
}


@pytest.mark.parametrize("rule", CHROME)
def test_chromium(wstrace, real, rule):
    backend = real.websockets(subprotocols=["chat"])
    page = ("<script>ws = new WebSocket(location.href.replace(/^http/, 'ws') + 'x', 'chat'); "
            "ws.onopen = () => ws.close(1000)</script>")
    port = real.nginx(location(backend, "/pagex", CHROME[rule]) +
                      f'location = /page {{ default_type text/html; return 200 "{page}"; }}')
    w = wstrace("-p", f"{port},{backend}")
    real.chromium(f"http://127.0.0.1:{port}/page")
    ours = {e["conn"] for e in w.wait("response", 2, status=101)}
    for conn in ours:
        w.wait("close", conn=conn)
    assert rules(w.stop()) == ([rule] if rule else [])


def close_server(lib, code):
    """A server whose application closes with this code at the first message."""
    if lib == "node":
        return lambda real: real.ws_server(f"ws.on('message', () => ws.close({code}, 'why'));")
    return lambda real: real.websockets(f"await ws.recv(); await ws.close({code}, 'why')")


SMALL = "ws.on('open', () => ws.send('x'.repeat({n}))); ws.on('message', () => ws.close(1000));"
BIG, FITS = SMALL.format(n=5000), SMALL.format(n=500)
# The server, what its client does, and the verdict
STREAMS = {
    "node maxPayload": (lambda r: r.ws_server(maxPayload=1000), BIG, "too-big"),
    "node fits": (lambda r: r.ws_server(maxPayload=1000), FITS, None),
    "websockets max_size": (lambda r: r.websockets(max_size=1000), BIG, "too-big"),
    "websockets fits": (lambda r: r.websockets(max_size=1000), FITS, None),
    "tornado max_message_size": (lambda r: r.tornado(websocket_max_message_size=1000), BIG,
                                 "too-big"),
    "websockets raises": (lambda r: r.websockets("await ws.recv(); raise KeyError"), BIG,
                          "app-error"),
    "node crashes": (lambda r: r.ws_server("ws.on('message', () => process.exit(1));"), BIG,
                     "app-error"),
    "node 1008": (close_server("node", 1008), BIG, "policy"),
    "websockets 4001": (close_server("websockets", 4001), BIG, "policy"),
    "node 1013": (close_server("node", 1013), BIG, "policy"),
    "node 1001": (close_server("node", 1001), BIG, None),
    "client terminates": (lambda r: r.ws_server(), "ws.on('open', () => ws.send('x')); "
                          "ws.on('message', () => ws.terminate());", None),
    "client resets": (lambda r: r.ws_server(), "ws.on('open', () => ws.send('x')); "
                      "ws.on('message', () => ws._socket.resetAndDestroy());", None),
    "node terminates": (lambda r: r.ws_server("ws.on('message', () => ws.terminate());"), BIG,
                        "no-goodbye"),
    "node resets": (lambda r: r.ws_server("ws.on('message', () => ws._socket.resetAndDestroy());"),
                    BIG, "reset"),
    "client hangs up": (lambda r: r.ws_server(), "ws.on('open', () => ws.terminate());", None),
}


@pytest.mark.parametrize("what", STREAMS)
@pytest.mark.parametrize("proxy", ["nginx", "none"])
def test_stream(wstrace, real, what, proxy):
    server, script, rule = STREAMS[what]
    backend = server(real)
    port = real.nginx(location(backend)) if proxy == "nginx" else backend
    run = diagnosed(wstrace, {port, backend},
                    lambda: real.ws_client(port, script, path="/ws"), 2 if proxy == "nginx" else 1)
    assert rules(run) == ([rule] if rule else [])


@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
@pytest.mark.parametrize("server", SERVERS)
def test_hung_backend(wstrace, real, server, proxy):
    """The server's process is stopped: the kernel accepts, and nobody reads the request."""
    backend = SERVERS[server](real)
    real.server.send_signal(signal.SIGSTOP)
    port = (real.nginx(location(backend, more=UPGRADE + "proxy_read_timeout 2s;"))
            if proxy == "nginx" else real.haproxy(backend, "timeout server 2s"))
    try:
        w = wstrace("-p", f"{port},{backend}")
        real.ws_client(port, HELLO)
        w.wait("response", status=504)
        w.wait("close")
        run = w.stop()
        assert rules(run) == ["upstream-mute"]
    finally:
        real.server.send_signal(signal.SIGCONT)


NGINX_ANSWERS = {
    "auth": "auth_basic here; auth_basic_user_file /dev/null;",
    "redirect": "return 301 https://example.com/x;",
    "not-found": "return 404;",
    "refused": "return 503;",
    "path-rewritten": "",
}


@pytest.mark.parametrize("rule", NGINX_ANSWERS)
def test_nginx_answers(wstrace, real, rule):
    backend = real.tornado()
    text = (location(backend, "/app", uri="/") if rule == "path-rewritten" else
            f"location / {{ {NGINX_ANSWERS[rule]} }}")
    port = real.nginx(text)
    run = diagnosed(wstrace, (port, backend),
                    lambda: real.ws_client(port, HELLO, path="/app/ws2"), 1)
    assert rules(run) == [rule]


@pytest.mark.parametrize("host", [False, True])
def test_origin(wstrace, real, host):
    """tornado accepts only the Host as Origin, and nginx sends its upstream's name as Host."""
    backend = real.tornado()
    port = real.nginx(location(backend, more=UPGRADE + ("proxy_set_header Host $http_host;" if host
                                                       else "")))
    run = diagnosed(wstrace, (port, backend),
                    lambda: real.ws_client(port, HELLO, path="/ws",
                                           origin=f"'http://127.0.0.1:{port}'"), 2)
    assert rules(run) == ([] if host else ["origin-403"])


def test_tls(wstrace, real):
    """Plain HTTP to an ssl listener of nginx, and TLS to a plain one."""
    backend = real.ws_server()
    plain, tls = real.free_port(), real.free_port()
    ssl = real.nginx_certificate()
    real.start([plain, tls], "nginx", nginx_conf(real.dir, [
        (f"127.0.0.1:{plain}", location(backend)),
        (f"127.0.0.1:{tls} ssl", ssl + location(backend))]), "-p", real.dir, "-e",
        real.dir / "error.log", "-c")

    def curl(url):
        subprocess.run([program("curl"), "-sk", "-o", "/dev/null", url])

    run = diagnosed(wstrace, (plain, tls), lambda: [
        curl(f"http://127.0.0.1:{plain}/"), curl(f"https://127.0.0.1:{tls}/")], 2)
    assert rules(run) == []
    run = diagnosed(wstrace, (plain,), lambda: [
        curl(f"http://127.0.0.1:{plain}/"), curl(f"https://127.0.0.1:{plain}/")], 2)
    assert rules(run) == ["tls-mismatch"] and "speaks TLS" in run.one("verdict")["text"]
    run = diagnosed(wstrace, (tls,), lambda: [
        curl(f"https://127.0.0.1:{tls}/"), real.ws_client(tls, HELLO)], 2)
    assert rules(run) == ["tls-mismatch"] and "plain HTTP" in run.one("verdict")["text"]


def test_big_head(wstrace, real):
    """The backend's 101 has more headers than nginx's proxy_buffer_size holds."""
    backend = real.websockets(extra_headers={"X-Big": "x" * 20000})
    assert through(wstrace, real, backend, UPGRADE) == ["proxy-rejected-101"]
    backend = real.websockets(extra_headers={"X-Big": "x" * 2000})
    assert through(wstrace, real, backend, UPGRADE) == []


@pytest.mark.parametrize("proxy", ["nginx", "haproxy", "apache", "caddy"])
def test_upstream_down(wstrace, real, proxy):
    backend = real.free_port()
    port = real.nginx(location(backend)) if proxy == "nginx" else getattr(real, proxy)(backend)
    w = wstrace("-p", f"{port},{backend}")
    real.ws_client(port, HELLO)
    w.wait("close", how="fin")
    assert rules(w.stop()) == ["upstream-down"]
