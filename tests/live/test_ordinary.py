# SPDX-License-Identifier: GPL-2.0-only
"""An hour of ordinary traffic gives no verdict: real clients and servers, through each proxy.

The hour is compressed: its messages, heartbeats, bursts and reconnects are all there, the waiting
is not. The waiting is tests/unit/test_rules_hour.c's, whose clock costs nothing.
"""
import os
import subprocess
import sys

import pytest

from conftest import HERE, LIMIT, end_process, listens, program, wait_until
from diag_lab import lab, location  # noqa: F401

pytestmark = pytest.mark.one_kernel

NODE = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}

# Servers of each pair: subprotocol, largest message, whether messages may be binary.
# libwebsockets' test server mirrors what fits its buffer; websocketd hands lines to cat.
PAIRS = {
    "websockets to websockets": ("", 2000000, "yes"),
    "node to node": ("", 2000000, "yes"),
    "aiohttp to aiohttp": ("superchat", 300000, "yes"),
    "tornado to tornado": ("superchat", 300000, "yes"),
    "websockets to libwebsockets": ("lws-mirror-protocol", 1000, "no"),
    "node to websocketd": ("", 60000, "no"),
    "chromium to aiohttp": ("superchat", 300000, "yes"),
}


class Peers:
    def __init__(self, lab, request):
        self.lab, self.request, self.started = lab, request, {}

    def server(self, name):
        """Returns the port of a server, which is started at the first call."""
        if name not in self.started:
            self.started[name] = self.start(name)
        return self.started[name]

    def start(self, name):
        if name in ("websockets", "node"):
            fixture = {"websockets": "py_server", "node": "node_server"}[name]
            return self.request.getfixturevalue(fixture)("deflate").port
        port = self.lab.free_port()
        argv = {
            "aiohttp": (sys.executable, HERE / "echo_more.py", name, port,
                        "&".join(map(str, PAIRS["chromium to aiohttp"]))),
            "tornado": (sys.executable, HERE / "echo_more.py", name, port),
            "libwebsockets": ("libwebsockets-test-server", f"--port={port}"),
            "websocketd": ("websocketd", f"--port={port}", "--address=127.0.0.1", "cat"),
        }[name]
        with open(self.lab.dir / f"{name}.log", "w") as out:
            proc = self.lab.spawn(program(argv[0]), *argv[1:], stdout=out, stderr=out)
        listens(port, proc)
        return port

    def client(self, pair, port):
        """Starts a client. Returns a function that waits until its hour is over."""
        name = pair.split()[0]
        if name == "chromium":
            return self.chromium(port)
        argv = [program("node"), HERE / "hour.js"] if name == "node" else [
            sys.executable, HERE / "hour.py", name]
        proc = self.lab.spawn(*argv, f"ws://127.0.0.1:{port}/", *PAIRS[pair], env=NODE,
                              stderr=subprocess.PIPE)

        def wait():
            _, said = proc.communicate(timeout=4 * LIMIT)
            assert proc.returncode == 0, f"{pair}: {said.decode()}"
        return wait

    def chromium(self, port):
        """Runs a page in Chromium, which goes to /done when its hour is over."""
        proc = self.lab.quiet(
            program("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            f"--user-data-dir={self.lab.dir}/chromium",
            f"http://127.0.0.1:{port}/")

        def wait():
            log = self.lab.dir / "aiohttp.log"
            wait_until(lambda: {"/done", "/failed"} & set(log.read_text().split()),
                       "the end of Chromium's hour", 4 * LIMIT)
            assert "/failed" not in log.read_text()
            end_process(proc)
        return wait


@pytest.fixture
def peers(lab, request):
    for module in ("aiohttp", "tornado", "websockets"):
        pytest.importorskip(module)
    return Peers(lab, request)


def plain_http(port):
    """Sends other requests: several on one connection, and an offer of h2c."""
    url = f"http://127.0.0.1:{port}/plain"
    for args in ([url] * 5, ["--http2", url]):
        subprocess.run([program("curl"), "-s", "-o", "/dev/null", *args], check=True,
                       stdout=subprocess.DEVNULL, timeout=LIMIT)


@pytest.mark.parametrize("proxy", ["none", "nginx", "haproxy", "apache", "caddy"])
def test_an_hour(wstrace, lab, peers, proxy):
    backends = [peers.server(pair.split()[-1]) for pair in PAIRS]
    ports = {
        "none": lambda: backends,
        "nginx": lambda: lab.nginxes([location(b) for b in backends]),
        "haproxy": lambda: lab.haproxies(backends),
        "apache": lambda: lab.apaches(backends),
        "caddy": lambda: lab.caddies(backends),
    }[proxy]()
    only = ("--only", "open,handshake,verdict") if proxy == "none" else ()
    w = wstrace("-p", ",".join(str(p) for p in {*ports, *backends}), *only)
    waits = [peers.client(pair, port) for pair, port in zip(PAIRS, ports)]
    plain_http(ports[-1])
    for wait in waits:
        wait()
    run = w.stop()
    opened = [r for r in run.of("response") if r["status"] == 101]
    assert len(opened) == 4 * len(PAIRS) * (1 if proxy == "none" else 2)
    assert only or run.closing[1] > 350 * len(opened)
    pairs = {str(p): pair for p, pair in zip(ports, PAIRS)} | {
        str(b): pair + ", behind" for b, pair in zip(backends, PAIRS) if proxy != "none"}
    said = [(pairs[run.one("open", conn=v["legs"][0])["local"].split(":")[-1]], v["text"],
             v["evidence"]) for v in run.of("verdict")]
    assert not said, "\n".join(str(x) for x in said)
