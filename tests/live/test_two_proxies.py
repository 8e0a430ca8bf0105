# SPDX-License-Identifier: GPL-2.0-only
"""Two hosts, an nginx on each, the backend behind the second: what goes wrong in production."""
import os
import subprocess
import sys
import time

import pytest

from conftest import HERE, LIMIT, program, wait_until
from diag_lab import UPGRADE, nginx_conf

pytestmark = pytest.mark.alone  # the same ports in each test, seen in all namespaces
FRONT, BACK = "192.168.132.128", "172.16.0.56"


class Hosts:
    """front and back, in network namespaces; the client is on front."""

    def __init__(self, spawn, tmp_path):
        self.spawn, self.dir = spawn, tmp_path
        self.names = [f"wst{os.getpid()}f", f"wst{os.getpid()}b"]
        self.procs = {}

    def ip(self, *args):
        subprocess.run(["ip", *args], check=True, capture_output=True)

    def up(self):
        f, b = self.names
        try:
            for name in self.names:
                self.ip("netns", "add", name)
        except (OSError, subprocess.CalledProcessError) as e:
            pytest.skip(f"no network namespaces here: {e}")
        try:
            self.ip("link", "add", "v0", "netns", f, "type", "veth", "peer", "name", "v0", "netns", b)
        except subprocess.CalledProcessError as e:
            pytest.skip(f"no veth here: {e.stderr.decode()}")
        for name, own, other in ((f, FRONT, BACK), (b, BACK, FRONT)):
            self.ip("-n", name, "addr", "add", f"{own}/32", "dev", "v0")
            self.ip("-n", name, "link", "set", "lo", "up")
            self.ip("-n", name, "link", "set", "v0", "up")
            self.ip("-n", name, "route", "add", other, "dev", "v0", "src", own)

    def down(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def run(self, host, *args):
        return self.spawn("ip", "netns", "exec", self.names[host], *args,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listening(self, host, port):
        wait_until(lambda: f":{port} " in subprocess.run(
            ["ip", "netns", "exec", self.names[host], "ss", "-ltn"], capture_output=True,
            text=True).stdout, f"a listener on port {port}")

    def backend(self, port):
        self.procs[port] = self.run(1, sys.executable, HERE / "diag_backend.py", port, BACK)
        self.listening(1, port)

    def nginx(self, host, locations):
        where = self.dir / f"host{host}"
        where.mkdir(exist_ok=True)
        conf = where / "nginx.conf"
        conf.write_text(nginx_conf(where, [(f"{(FRONT, BACK)[host]}:12345", locations)]))
        self.procs[f"nginx{host}"] = self.run(host, program("nginx"), "-p", where, "-c", conf, "-e",
                                              where / "error.log")
        self.listening(host, 12345)


@pytest.fixture
def hosts(spawn, tmp_path):
    h = Hosts(spawn, tmp_path)
    try:
        h.up()
        yield h
    finally:
        h.down()


# Folder of the helpers, path, address, and whether to stay quiet after the first message.
CLIENT = """
import sys; sys.path.insert(0, sys.argv[1])
import wire, diag_lab
sock = wire.connect(12345, sys.argv[3])
sock.sendall(wire.request_head(sys.argv[2], key=diag_lab.fresh_key()))
try:
    answer = wire.recv_head(sock)
except EOFError:
    answer = b""
if b" 101 " in answer[:20]:
    ws = wire.Ws(sock, True)
    ws.send(wire.TEXT, "hello")
    assert ws.message() == b"hello"
    if sys.argv[4] == "quiet":
        wire.recv_eof(sock)
    else:
        ws.send(wire.CLOSE, wire.close_payload(1000))
        wire.recv_eof(sock)
sock.close()
"""

GOOD = {"websocket": (9501, UPGRADE + "proxy_read_timeout 3600s;"),
        "globalWebsocket": (9588, UPGRADE)}


def locations(upstream, **changes):
    """Returns nginx's configuration for the front host or, without upstream, for the back host."""
    text = ""
    for name, (port, more) in GOOD.items():
        more = changes.get(name, more)
        to = upstream or f"{BACK}:{port}"
        text += f"location /{name} {{ proxy_pass http://{to}; {more} }}\n"
    return text


SCENARIOS = {
    "works": ({}, {}, "/globalWebsocket/echo", "talk", []),
    "front strips": ({"globalWebsocket": ""}, {}, "/globalWebsocket/echo", "talk",
                     ["upgrade-stripped"]),
    "back strips": ({}, {"globalWebsocket": ""}, "/globalWebsocket/echo", "talk",
                    ["upgrade-stripped"]),
    # this backend does not mind, and what works gets no error
    "HTTP/1.0": ({}, {"globalWebsocket": UPGRADE.split(";", 1)[1]}, "/globalWebsocket/echo", "talk",
                 []),
    "backend down": ({}, {}, "/websocket/echo", "talk", ["upstream-down"]),
    "backend mute": ({}, {"globalWebsocket": UPGRADE + "proxy_read_timeout 1s;"},
                     "/globalWebsocket/mute", "talk", ["upstream-mute"]),
    "quiet": ({}, {"globalWebsocket": UPGRADE + "proxy_read_timeout 2s;"}, "/globalWebsocket/echo",
              "quiet", ["idle-timeout"]),
    "wrong path": ({}, {}, "/globalWebsocket/404", "talk", ["not-found"]),
    "bad accept": ({}, {}, "/globalWebsocket/bad-accept", "leave", ["bad-accept"]),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_two_hosts(wstrace, hosts, name):
    front, back, path, what, expect = SCENARIOS[name]
    hosts.backend(9588)
    hosts.nginx(1, locations(None, **back))
    hosts.nginx(0, locations(f"{BACK}:12345", **front))
    w = wstrace("-p", "12345,9501,9588")
    client = subprocess.run(["ip", "netns", "exec", hosts.names[0], sys.executable, "-c", CLIENT,
                             str(HERE), path, FRONT, what], capture_output=True, timeout=4 * LIMIT)
    w.wait("close")
    time.sleep(0.3)
    run = w.stop()
    # the host may run other things on these ports, in other namespaces
    mine = {e["conn"] for e in run.of("open")
            if FRONT in e["local"] + e["remote"] or BACK in e["local"] + e["remote"]}
    verdicts = [v for v in run.of("verdict") if v["conn"] in mine]
    assert sorted(v["rule"] for v in verdicts) == expect, (verdicts, client.stderr)
    if name == "works":
        legs = [e for e in run.of("leg") if e["conn"] in mine]
        assert len(mine) == 3 and len(legs) == 2
        assert legs[0]["upstream"] == legs[1]["conn"] and {e["by"] for e in legs} == {"key"}
    elif expect and name != "backend down":
        assert len(verdicts[0]["legs"]) >= 2
