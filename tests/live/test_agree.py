# SPDX-License-Identifier: GPL-2.0-only
"""Live, from the file that wstrace wrote, and from tcpdump's: the same verdicts on the same traffic."""
import collections
import json
import signal
import subprocess
import time

import pytest

import wire
from conftest import WSTRACE, end_process, program, wait_until
from diag_lab import UPGRADE, ask, goodbye, lab, location, poke, talk  # noqa: F401
from test_diagnose import ANSWERS, ENDS, FRAMES, quiet_until_cut

pytestmark = pytest.mark.one_kernel

# What a file cannot show: whether a process is gone, or went on
PROCESS = {"app-error", "no-goodbye", "reset", "reload", "backend-restart"}


def verdicts(events):
    """Returns the verdicts of each chain, by the address of its client."""
    client = {}
    for e in events:
        if e["type"] == "open":
            client[e["conn"]] = e["remote"] if e["role"] == "server" else e["local"]
    found = collections.defaultdict(list)
    for v in events:
        if v["type"] == "verdict":
            found[client[v["legs"][0]]].append((v["rule"], v["certainty"]))
    return {k: sorted(v) for k, v in found.items()}


def read(path, ports):
    """Returns the events of a file, and what -r says beside them."""
    run = subprocess.run([WSTRACE, "-j", "-p", ports, "-r", str(path)], capture_output=True,
                         check=True)
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr.decode()


@pytest.fixture
def thrice(wstrace, spawn, tmp_path):
    """thrice(ports, drive, closes): what live and the two files say, after the same traffic."""
    def run(ports, drive, closes):
        ports = ",".join(str(p) for p in ports)
        own, dump = tmp_path / "own.pcapng", tmp_path / "dump.pcap"
        tap = spawn(program("tcpdump"), "-i", "lo", "-U", "--immediate-mode", "-B", "65536", "-Z",
                    "root", "-w", dump, " or ".join(f"tcp port {p}" for p in ports.split(",")),
                    stderr=subprocess.PIPE)
        wait_until(lambda: b"listening on" in tap.stderr.readline(), "tcpdump")
        w = wstrace("-p", ports, "-w", own)
        drive()
        w.wait("close", closes)
        time.sleep(0.2)  # the captured packets come later than their events
        live = w.stop().events
        wait_until(lambda: sum(e["type"] == "close" for e in read(dump, ports)[0]) >= closes,
                   f"{closes} closes in tcpdump's file")
        end_process(tap, signal.SIGINT)
        return [(verdicts(e), said) for e, said in ((live, ""), read(own, ports), read(dump, ports))]

    return run


def agree(found):
    """Compares the three. Of ends, a file cannot know what became of the processes, and says so."""
    (live, _), *files = found
    for name, (got, said) in zip(("own file", "tcpdump"), files):
        if got == live:
            continue
        differ = {k: (live.get(k), got.get(k)) for k in {**live, **got} if live.get(k) != got.get(k)}
        for k, (a, b) in differ.items():
            a, b = ({rule for rule, _ in x or []} for x in (a, b))
            assert a and b and a <= PROCESS and b <= PROCESS, (name, k, differ)
        assert "a file does not show whether a process ended" in said
    return live


@pytest.mark.parametrize("proxy", ["none", "nginx", "haproxy"])
def test_answers_frames_and_ends(thrice, lab, proxy):
    """Every fault of the lab's backend, one after the other, directly and through proxies."""
    backend = lab.backend()
    ports = {"none": lambda: [backend], "nginx": lambda: [lab.nginx(location(backend)), backend],
             "haproxy": lambda: [lab.haproxy(backend), backend]}[proxy]()
    legs = len(ports)
    offer = [("Sec-WebSocket-Protocol", "chat, superchat")]
    ends = [path for path in ENDS if path != "exit"]

    def drive():
        talk(ports[0])
        for path in ANSWERS:
            ask(ports[0], "/" + path, offer if path == "protocol" else [])[0].close()
        for path in [*FRAMES, *ends]:
            poke(ports[0], "/" + path)

    live = agree(thrice(ports, drive, legs * (1 + len(ANSWERS) + len(FRAMES) + len(ends))))
    assert len(live) == len(ANSWERS) + len(FRAMES) + len(ends)
    told = {rule for rules in live.values() for rule, _ in rules}
    assert told >= {"redirect", "auth", "not-found", "refused", "mask-s2c", "bad-frame"}


IDLE = {
    "nginx": lambda lab, b: lab.nginx(location(b, more=UPGRADE + "proxy_read_timeout 2s;")),
    "haproxy": lambda lab, b: lab.haproxy(b, tunnel="2s"),
}


@pytest.mark.parametrize("proxy", IDLE)
def test_idle(thrice, lab, py_server, proxy):
    backend = py_server().port
    port = IDLE[proxy](lab, backend)
    live = agree(thrice((port, backend), lambda: quiet_until_cut(port), 2))
    assert list(live.values()) == [[("idle-timeout", "certain")]]


def test_heartbeat_races(thrice, lab, py_server):
    backend = py_server().port
    port = lab.nginx(location(backend, more=UPGRADE + "proxy_read_timeout 2s;"))

    def drive():
        ws, _ = ask(port, "/echo")
        for _ in range(2):
            ws.send(wire.PING, "hi")
            assert ws.recv()[0] == wire.PONG
            time.sleep(1.9)
        ws.send(wire.PING, "hi")
        wire.recv_eof(ws.sock)
        ws.close()

    live = agree(thrice((port, backend), drive, 2))
    assert list(live.values()) == [[("heartbeat-races", "certain")]]


SPOILT = {
    "strips": (lambda lab, b: lab.nginx(location(b, more="")), "upgrade-stripped"),
    "haproxy strips": (lambda lab, b: lab.haproxy(b, "http-request del-header upgrade"),
                       "upgrade-stripped"),
    "rewrites": (lambda lab, b: lab.nginx(location(b, "/a/", uri="/404/")), "path-rewritten"),
    "hides accept": (lambda lab, b: lab.nginx(location(
        b, more=UPGRADE + "proxy_hide_header Sec-WebSocket-Accept;")), "bad-101"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_by_the_proxy(thrice, lab, name):
    make, rule = SPOILT[name]
    backend = lab.backend()
    port = make(lab, backend)
    path = "/a/404" if name == "rewrites" else "/echo"
    live = agree(thrice((port, backend), lambda: ask(port, path)[0].close(), 2))
    assert [rules[0][0] for rules in live.values()] == [rule]


def test_upstream_down(thrice, lab):
    down = lab.free_port()
    port = lab.nginx(location(down))
    live = agree(thrice((port, down), lambda: ask(port)[0].close(), 2))
    assert [rules[0][0] for rules in live.values()] == ["upstream-down"]


def test_upstream_mute(thrice, lab):
    backend = lab.backend()
    port = lab.nginx(location(backend, more=UPGRADE + "proxy_read_timeout 1s;"))
    live = agree(thrice((port, backend), lambda: ask(port, "/mute")[0].close(), 1))
    assert [rules[0][0] for rules in live.values()] == ["upstream-mute"]


def test_second_upstream_answers(thrice, lab, py_server):
    backend, down = py_server().port, lab.free_port()
    port = lab.nginx(location("two").replace("127.0.0.1:", ""), http=f"""upstream two {{
        server 127.0.0.1:{down}; server 127.0.0.1:{backend} backup; }}""")
    assert agree(thrice((port, backend, down), lambda: talk(port), 3)) == {}


def test_three_hops(thrice, lab, py_server):
    """HAProxy, nginx that removes Upgrade, and the server behind both."""
    backend = py_server().port
    middle = lab.nginx(location(backend, more=""))
    port = lab.haproxy(middle)
    live = agree(thrice((port, middle, backend), lambda: ask(port)[0].close(), 1))
    assert list(live.values()) == [[("upgrade-stripped", "certain")]]


def test_restart(thrice, lab):
    """The server behind nginx is killed with five connections."""
    backend = lab.backend()
    port = lab.nginx(location(backend))

    def drive():
        clients = [ask(port)[0] for _ in range(5)]
        lab.server.kill()
        for ws in clients:
            wire.recv_eof(ws.sock)
            ws.close()

    live = agree(thrice((port, backend), drive, 10))
    assert {rules[0][0] for rules in live.values()} <= {"app-error", "backend-restart"}
    assert len(live) == 5
