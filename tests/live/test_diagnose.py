# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts on real programs: each fault gets exactly its verdict; without the fault there is none."""
import re
import signal
import subprocess
import time

import pytest

import wire
from conftest import WSTRACE
from diag_lab import UPGRADE, ask, goodbye, lab, location, poke, talk  # noqa: F401

ONLY = ("--only", "handshake,verdict,close,open")


def rules(run):
    return sorted({v["rule"] for v in run.of("verdict")})


# a {name} of a fact that was not filled in; the braces of a configuration have no letter behind them
NAME = re.compile(r"\{\w")


def diagnosed(wstrace, ports, drive, closes=None, args=ONLY):
    """Returns what wstrace prints about drive()."""
    w = wstrace("-p", ",".join(str(p) for p in ports), *args)
    drive()
    if closes:
        w.wait("close", closes)
    run = w.stop()
    for v in run.of("verdict"):
        assert v["text"] and v["fix"] and v["severity"] in ("info", "warning", "error")
        assert v["conn"] in v["legs"] and not NAME.search(v["text"] + v["fix"]), v
    return run


def test_mended(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.nginx(location(backend))
    run = diagnosed(wstrace, (port, backend), lambda: talk(port), 2)
    assert rules(run) == []
    leg = run.one("leg")
    assert leg["by"] == "key" and leg["comm"] == "nginx" and leg["upstream"] != leg["conn"]


def test_here(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.nginx(UPGRADE + location(backend, "/websocket", "")
                     + location(backend, "/globalWebsocket", "proxy_set_header X-A b;"))

    def drive():
        talk(port, "/websocket/echo")
        ask(port, "/globalWebsocket/echo")[0].close()

    run = diagnosed(wstrace, (port, backend), drive, 4)
    assert rules(run) == ["upgrade-stripped-here"]
    assert run.one("verdict")["evidence"]["target"] == "/globalWebsocket/echo"


@pytest.mark.parametrize("options", ((), ("-q",), ("--only", "verdict")))
def test_path_holds_for_sums_verdicts_and_report(wstrace, lab, tmp_path, options):
    """--path: nothing is printed about other targets, live and with -r."""
    backend = lab.backend()
    page, file = tmp_path / "page.html", tmp_path / "f.pcapng"
    all_of_it = wstrace("-p", backend, "-w", file)
    w = wstrace("-p", backend, "--path", "/e*", *options, json_output=False,
                *(["--report", page] if not options else []))
    stays, _ = ask(backend, "/echo?stays")
    stays.send(wire.TEXT, "hello"), stays.recv()
    ask(backend, "/404")[0].close()
    talk(backend, "/protocol", headers=[("Sec-WebSocket-Protocol", "chat")])
    poke(backend, "/exit")
    all_of_it.wait("close", 3)
    all_of_it.wait("verdict", 3)
    runs = [w.stop(), all_of_it.stop()]
    stays.close()
    want = [[e["conn"] for e in runs[1].of("request") if e["target"].startswith("/e")]]
    want.append([f for n in want[0] for f in runs[1].frames(n)])
    sums = (len(want[0]), len(want[1]), sum(f["len"] for f in want[1]))
    assert sums[0] == 2 and runs[0].closing[:3] == sums
    text = w.out.text()
    assert "1 x  app-error  python3 on 127.0.0.1:" in text and "not-found" not in text and "subprotocol" not in text
    if not options:
        assert "app-error" in page.read_text() and "not-found" not in page.read_text()
    again = subprocess.run([WSTRACE, "--path", "/e*", *options, "-r", file], check=True,
                           capture_output=True)
    assert "wstrace: %u connections, %u frames, %u bytes, 0 lost" % sums in again.stderr.decode()
    text = again.stdout.decode()
    assert "not-found" not in text and "subprotocol" not in text


ANSWERS = {
    "bad-accept": "bad-accept", "no-accept": "bad-101", "301": "redirect", "401": "auth",
    "404": "not-found", "503": "refused", "hang-up": "refused", "protocol": "subprotocol",
}


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize("proxy", ["nginx", "none"])
def test_answer(wstrace, lab, path, proxy):
    backend = lab.backend()
    port = lab.nginx(location(backend)) if proxy == "nginx" else backend
    headers = [("Sec-WebSocket-Protocol", "chat, superchat")] if path == "protocol" else []
    run = diagnosed(wstrace, {port, backend}, lambda: ask(port, "/" + path, headers)[0].close(),
                    2 if proxy == "nginx" else 1)
    assert rules(run) == [ANSWERS[path]]
    assert len(run.of("verdict")) == 1


def test_one_of_two_upstreams_down(wstrace, lab, py_server):
    """The second upstream answers: no client would notice a fault."""
    backend, down = py_server().port, lab.free_port()
    port = lab.nginx(location("two").replace("127.0.0.1:", ""), http=f"""upstream two {{
        server 127.0.0.1:{down}; server 127.0.0.1:{backend} backup; }}""")
    run = diagnosed(wstrace, (port, backend, down), lambda: talk(port), 3)
    assert rules(run) == []
    assert run.of("leg", by="key")


def test_upstream_mute(wstrace, lab):
    backend = lab.backend()
    port = lab.nginx(location(backend, more=UPGRADE + "proxy_read_timeout 1s;"))
    run = diagnosed(wstrace, (port, backend), lambda: ask(port, "/mute")[0].close(), 1)
    assert rules(run) == ["upstream-mute"]


FRAMES = {
    "masked": "mask-s2c", "rsv": "rsv-not-agreed", "orphan": "bad-frame", "nested": "bad-frame",
    "op3": "bad-frame", "long-form": "bad-frame", "bad-reason": "bad-utf8",
    "close-1005": "bad-close", "after-close": "bad-close", "1007": "bad-utf8",
}


@pytest.mark.parametrize("path", FRAMES)
@pytest.mark.parametrize("proxy", ["nginx", "none"])
def test_frames(wstrace, lab, path, proxy):
    """Frames that break a rule, through nginx with all output, and directly with --only verdict."""
    backend = lab.backend()
    port = lab.nginx(location(backend)) if proxy == "nginx" else backend
    run = diagnosed(wstrace, {port, backend}, lambda: poke(port, "/" + path),
                    2 if proxy == "nginx" else 1, () if proxy == "nginx" else ONLY)
    if path == "nested" and proxy == "none":
        return  # --only verdict: an ordinary frame inside another message does not come
    assert rules(run) == [FRAMES[path]]
    assert len(run.of("verdict")) == 1


def test_mask_c2s(wstrace, lab):
    backend = lab.backend()

    def drive():
        ws, _ = ask(backend, "/echo")
        ws.client = False
        ws.send(wire.TEXT, "naked")
        ws.client = True
        goodbye(ws)

    assert rules(diagnosed(wstrace, (backend,), drive, 1)) == ["mask-c2s"]


ENDS = {"drop": "no-goodbye", "abort": "reset", "exit": "app-error"}


@pytest.mark.parametrize("path", ENDS)
@pytest.mark.parametrize("proxy", ["nginx", "none"])
def test_ends(wstrace, lab, path, proxy):
    backend = lab.backend()
    port = lab.nginx(location(backend)) if proxy == "nginx" else backend
    run = diagnosed(wstrace, {port, backend}, lambda: poke(port, "/" + path),
                    2 if proxy == "nginx" else 1)
    assert rules(run) == [ENDS[path]]


def quiet_until_cut(port):
    ws, _ = ask(port, "/echo")
    ws.send(wire.TEXT, "x")
    assert ws.message() == b"x"
    wire.recv_eof(ws.sock)
    ws.close()


def test_idle_nginx(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.nginx(location(backend, more=UPGRADE + "proxy_read_timeout 2s;"))
    run = diagnosed(wstrace, (port, backend), lambda: quiet_until_cut(port), 2)
    assert rules(run) == ["idle-timeout"]
    v = run.one("verdict")
    assert 1.9 < v["evidence"]["silence"] < 2.2 and "proxy_read_timeout" in v["fix"]


def test_idle_haproxy(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.haproxy(backend, tunnel="2s")
    run = diagnosed(wstrace, (port, backend), lambda: quiet_until_cut(port), 2)
    assert rules(run) == ["idle-timeout"]
    assert "timeout tunnel" in run.one("verdict")["fix"]


def test_heartbeat_races(wstrace, lab, py_server):
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

    assert rules(diagnosed(wstrace, (port, backend), drive, 2)) == ["heartbeat-races"]


@pytest.mark.parametrize("proxy", ("nginx", "haproxy"))
def test_legs_of_a_chain_that_was_there_before(wstrace, lab, proxy):
    """Masking keys join the legs, so that there is one verdict for one cause."""
    backend = lab.backend()
    port = lab.nginx(location(backend)) if proxy == "nginx" else lab.haproxy(backend)
    clients = [ask(port, "/echo")[0] for _ in range(3)]
    w = wstrace("-p", f"{port},{backend}")
    w.wait("open", 6)
    for _ in range(6):
        for ws in clients:
            ws.send(wire.TEXT, "hello")
            assert ws.message() == b"hello"
    legs = w.wait("leg", 3)
    lab.server.kill()
    w.wait("close", 6)
    run = w.stop()
    for ws in clients:
        ws.close()
    behind = {e["remote"]: e["conn"] for e in run.of("open") if e["local"].endswith(f":{backend}")}
    assert {e["by"] for e in legs} == {"mask"}
    assert sorted(e["upstream"] for e in legs) == sorted(behind.values())
    assert [v["rule"] for v in run.of("verdict")] == ["backend-restart"] * 3
    for leg in legs:
        masks = [{f["mask"] for f in run.frames(leg[n], "c2s")} for n in ("conn", "upstream")]
        assert masks[0] & masks[1] and leg["comm"].startswith(proxy)


def test_reload(wstrace, lab, py_server):
    """nginx's old worker gives its connections up a second after the reload."""
    backend = py_server().port
    port = lab.nginx(location(backend), main="worker_shutdown_timeout 1s;")

    def drive():
        clients = []
        for i in range(5):
            ws, _ = ask(port, "/echo")
            clients.append(ws)
        lab.proxy.send_signal(signal.SIGHUP)
        for i, ws in enumerate(clients):
            for _ in range(i):
                ws.send(wire.TEXT, "x")
                ws.message()
                time.sleep(0.05)
        for ws in clients:
            wire.recv_eof(ws.sock)
            ws.close()

    run = diagnosed(wstrace, (port, backend), drive, 10)
    assert rules(run) == ["reload"]


def test_haproxy(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.haproxy(backend)
    run = diagnosed(wstrace, (port, backend), lambda: talk(port), 2)
    assert rules(run) == [] and run.one("leg")["comm"] == "haproxy"


def test_haproxy_stripped(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.haproxy(backend, "http-request del-header upgrade")
    run = diagnosed(wstrace, (port, backend), lambda: ask(port, "/echo")[0].close(), 2)
    assert rules(run) == ["upgrade-stripped"]


@pytest.mark.parametrize("options,expect", [("upgrade=websocket", []), ("", ["upgrade-stripped"])])
def test_apache(wstrace, lab, py_server, options, expect):
    backend = py_server().port
    port = lab.apache(backend, options)

    def drive():
        talk(port) if not expect else ask(port, "/echo")[0].close()

    run = diagnosed(wstrace, (port, backend), drive, 1)
    assert rules(run) == expect


def test_caddy(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.caddy(backend)
    run = diagnosed(wstrace, (port, backend), lambda: talk(port), 2)
    assert rules(run) == [] and run.one("leg")["comm"] == "caddy"


def test_caddy_stripped(wstrace, lab, py_server):
    backend = py_server().port
    port = lab.caddy(backend, "header_up -Upgrade")
    run = diagnosed(wstrace, (port, backend), lambda: ask(port, "/echo")[0].close(), 1)
    assert rules(run) == ["upgrade-stripped"]


APACHE_IDLE = {  # Apache takes the longer one of its own Timeout and the proxy's
    "Timeout": ("Timeout 2\nProxyTimeout 1", "upgrade=websocket", ["idle-timeout"]),
    "ProxyTimeout": ("Timeout 1\nProxyTimeout 2", "upgrade=websocket", ["idle-timeout"]),
    "timeout=": ("Timeout 1\nProxyTimeout 1", "upgrade=websocket timeout=2", ["idle-timeout"]),
    "mended": ("Timeout 1\nProxyTimeout 3600", "upgrade=websocket", []),
}


@pytest.mark.parametrize("which", APACHE_IDLE)
def test_idle_apache(wstrace, lab, py_server, which):
    main, options, expect = APACHE_IDLE[which]
    backend = py_server().port
    port = lab.apache(backend, options, main)

    def drive():
        if expect:
            return quiet_until_cut(port)
        ws, _ = ask(port)
        time.sleep(2.5)
        goodbye(ws)

    run = diagnosed(wstrace, (port, backend), drive, 2)
    assert rules(run) == expect
    if expect:
        assert 1.9 < run.one("verdict")["evidence"]["silence"] < 2.2
        assert "ProxyTimeout" in run.one("verdict")["fix"]


LIGHTTPD_FAULTS = {
    None: 'proxy.header = ("upgrade" => "enable")',
    "upgrade-stripped": "",
    "idle-timeout": 'proxy.header = ("upgrade" => "enable")\nserver.max-read-idle = 2',
}


@pytest.mark.parametrize("rule", LIGHTTPD_FAULTS)
def test_lighttpd(wstrace, lab, py_server, rule):
    backend = py_server().port
    port = lab.lighttpd(backend, LIGHTTPD_FAULTS[rule])

    def drive():
        if rule == "upgrade-stripped":
            ask(port)[0].close()
        elif rule:
            quiet_until_cut(port)
        else:
            talk(port)

    run = diagnosed(wstrace, (port, backend), drive, 2)
    assert rules(run) == ([rule] if rule else [])
    assert not rule or "upgrade" in run.one("verdict")["fix"] or "read-idle" in run.one("verdict")["fix"]


def test_folded(wstrace, lab):
    """The same verdict a hundred times is one line, and a count at the end."""
    backend = lab.backend()
    w = wstrace("-p", backend, "--only", "verdict", json_output=False)
    for _ in range(100):
        ask(backend, "/404")[0].close()
    w.stop()
    out = w.out.text()
    assert out.count("not-found: ") < 5 and "100 x  not-found" in out and "fix: " in out


def test_explain(spawn):
    import subprocess
    from conftest import WSTRACE
    names = [line.split()[0] for line in subprocess.run(
        [WSTRACE, "--explain", "list"], capture_output=True, text=True,
        check=True).stdout.splitlines()]
    assert len(names) > 40
    for name in names:
        text = subprocess.run([WSTRACE, "--explain", name], capture_output=True, text=True,
                              check=True).stdout
        assert "What to do" in text and max(len(x) for x in text.splitlines()) <= 100
    bad = subprocess.run([WSTRACE, "--explain", "nonsense"], capture_output=True, text=True)
    assert bad.returncode == 2 and "list" in bad.stderr
