# SPDX-License-Identifier: GPL-2.0-only
"""Networks that lose, delay and end, between two network namespaces, under real programs."""
import subprocess

import pytest

from conftest import program
from test_two_proxies import BACK, FRONT, hosts  # noqa: F401

pytestmark = pytest.mark.one_kernel

SERVER = """
const WebSocket = require('ws');
new WebSocket.Server({port: Number(process.argv[1])}).on('connection', (ws) => {
  ws.on('error', () => {});
  %s
});
"""
CLIENT = """
const WebSocket = require('ws');
const ws = new WebSocket(process.argv[1]);
ws.on('error', () => {});
%s
"""


class Link:
    """A server on the back host and a client on the front one, both of node's ws."""

    def __init__(self, hosts, port):
        self.hosts, self.port = hosts, port

    def tool(self, host, name, *args):
        """Runs a command on a host, or skips where this kernel does not have it."""
        done = subprocess.run(["ip", "netns", "exec", self.hosts.names[host], program(name),
                               *args], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{name} {' '.join(args)}: {done.stderr.strip()}")

    def node(self, host, script, arg):
        program("node")
        return self.hosts.run(host, "env", "NODE_PATH=/usr/share/nodejs", "node", "-e", script, arg)

    def serve(self, script):
        self.node(1, SERVER % script, self.port)
        self.hosts.listening(1, self.port)

    def connect(self, script):
        self.node(0, CLIENT % script, f"ws://{BACK}:{self.port}/")

    def mine(self, run):
        """Returns verdicts on this link: other programs of this machine may use the same ports."""
        ours = {e["conn"] for e in run.of("open") if BACK in e["local"] + e["remote"]}
        return [v for v in run.of("verdict") if v["conn"] in ours]


@pytest.fixture
def link(hosts, port):
    return Link(hosts, port)


@pytest.mark.parametrize("pulled", [True, False])
def test_half_open(wstrace, link, pulled):
    """The client's link goes down; the server's heartbeats are never acknowledged."""
    link.tool(1, "sysctl", "-q", "net.ipv4.tcp_retries2=3")
    link.serve("setInterval(() => ws.send('tick'), 100);")
    w = wstrace("-p", link.port, "--host", FRONT)
    link.connect("let n = 0; ws.on('message', () => { if (++n == 30) ws.close(1000); });"
                 if not pulled else "ws.on('message', () => 0);")
    w.wait("frame", 5)
    if pulled:
        link.hosts.ip("-n", link.hosts.names[0], "link", "set", "v0", "down")
    w.wait("close")
    found = [v["rule"] for v in link.mine(w.stop())]
    assert found == (["half-open"] if pulled else [])


@pytest.mark.parametrize("size", [8 << 20, 100000])
def test_pong_behind(wstrace, link, size):
    """A heartbeat while a message of 8 MiB passes a link of 20 Mbit/s; one of 100 kB."""
    link.tool(1, "tc", "qdisc", "add", "dev", "v0", "root", "tbf", "rate", "20mbit", "burst", "64k",
              "latency", "200ms")
    link.serve(f"ws.send(Buffer.alloc({size}));")
    w = wstrace("-p", link.port, "--host", FRONT)
    link.connect("ws.on('open', () => setTimeout(() => ws.ping('there?'), 100));"
                 "ws.on('pong', () => ws.close(1000));")
    w.wait("close")
    found = [v["rule"] for v in link.mine(w.stop())]
    assert found == (["pong-behind"] if size > 1 << 20 else [])


@pytest.mark.parametrize("loss", [30, 0])
def test_loss(wstrace, link, loss):
    """Nearly a third of the segments to the client are lost, or none."""
    if loss:
        for rule in ("add table inet loss",
                     "add chain inet loss in { type filter hook input priority 0; }",
                     f"add rule inet loss in tcp sport {link.port} numgen random mod 100 < {loss} "
                     "drop"):
            link.tool(0, "nft", rule)
    link.serve("const t = setInterval(() => ws.send('x'.repeat(200)), 20);"
               "ws.on('close', () => clearInterval(t));")
    w = wstrace("-p", link.port, "--host", FRONT)
    link.connect("let n = 0; ws.on('message', () => { if (++n == 200) ws.close(1000); });")
    w.wait("close")
    found = [v["rule"] for v in link.mine(w.stop())]
    assert found == (["loss-stall"] if loss else [])


@pytest.mark.parametrize("ms", [0, 60])
@pytest.mark.parametrize("late", [True, False])
def test_nagle(wstrace, link, ms, late):
    """Two writes without TCP_NODELAY: late acknowledgements give a verdict, a long path alone does not."""
    if ms:
        link.tool(0, "tc", "qdisc", "add", "dev", "v0", "root", "netem", "delay", f"{ms}ms")
    if not late:
        link.tool(0, "ip", "route", "change", BACK, "dev", "v0", "src", FRONT, "quickack", "1")
    link.serve("ws._socket.setNoDelay(false);"
               "ws.on('message', () => { ws.send('one'); setTimeout(() => ws.send('two'), 3); });")
    w = wstrace("-p", link.port, "--host", FRONT)
    link.connect("let n = 0; ws.on('open', () => ws.send('so?')); ws.on('message', () => {"
                 "if (++n == 40) ws.close(1000); else if (n % 2 == 0) ws.send('so?'); });")
    w.wait("close")
    found = [v["rule"] for v in link.mine(w.stop())]
    assert found == (["nagle"] if late else [])
