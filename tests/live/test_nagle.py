# SPDX-License-Identifier: GPL-2.0-only
"""Small writes that wait for acknowledgements: a verdict, but none if they wait for another reason."""
import socket

import pytest

from diag_lab import UPGRADE, location
from test_diagnose import rules
from test_real import real  # noqa: F401
from wire import TEXT, Pair

NAGLE = ["nagle"]
ROUNDS = 20


def option(ws, name, value):
    ws.sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def two_writes(a, b):
    a.send(TEXT, "one")
    a.send(TEXT, "two")


def one_write(a, b):
    a.sock.sendall(a.frame(TEXT, "one") + a.frame(TEXT, "two"))


def corked(a, b):
    option(a, "TCP_CORK", 1)
    two_writes(a, b)
    option(a, "TCP_CORK", 0)


def more(a, b):
    a.send(TEXT, "one")
    a.sock.send(a.frame(TEXT, "two"), socket.MSG_MORE)


def prompt(a, b):
    option(b, "TCP_QUICKACK", 1)
    two_writes(a, b)


def big(a, b):
    for _ in range(3):
        a.send(TEXT, "x" * 100000)
    b.recv()


# How two messages are written after one has come, whether TCP_NODELAY is set, and the verdict
WRITES = {
    "two writes": (two_writes, 0, NAGLE),
    "TCP_NODELAY": (two_writes, 1, []),
    "one write": (one_write, 0, []),
    "TCP_CORK": (corked, 0, []),
    "MSG_MORE": (more, 0, []),
    "acknowledged at once": (prompt, 0, []),
    "big messages": (big, 0, []),
}


def talk(port, write, nodelay, by_client):
    """One end sends a message, the end of by_client answers with two, again and again."""
    pair = Pair(port).upgrade()
    a, b = (pair.c, pair.s) if by_client else (pair.s, pair.c)
    option(a, "TCP_NODELAY", nodelay)
    for _ in range(ROUNDS):
        b.send(TEXT, "so?")
        a.recv()
        write(a, b)
        b.recv()
        b.recv()
    pair.close()


def said(wstrace, port, what, by_client=False, *args):
    w = wstrace("-p", port, "--only", "open,close,verdict", *args)
    write, nodelay, wanted = WRITES[what]
    talk(port, write, nodelay, by_client)
    w.wait("close")
    found = [v for v in w.stop().of("verdict") if v["rule"] != "no-goodbye"]
    return found, wanted


@pytest.mark.quick
@pytest.mark.parametrize("what", WRITES)
def test_writes(wstrace, port, what):
    found, wanted = said(wstrace, port, what)
    assert [v["rule"] for v in found] == wanted
    if wanted:
        facts = found[0]["evidence"]
        assert found[0]["severity"] == "warning" and "TCP_NODELAY" in found[0]["fix"]
        assert facts["held"] >= 5 and facts["dir"] == "s2c" and facts["rtt_min_us"] < 25000
        assert 25 <= facts["held_ms"] < 500, facts


@pytest.mark.parametrize("by_client", [True, False], ids=["client writes", "server writes"])
@pytest.mark.parametrize("side", ["client", "server", "both"])
def test_side(wstrace, port, side, by_client):
    """Only the end that writes can tell."""
    found, wanted = said(wstrace, port, "two writes", by_client, "--side", side)
    seen = side == "both" or side == ("client" if by_client else "server")
    assert [v["rule"] for v in found] == (wanted if seen else [])
    assert not seen or found[0]["evidence"]["dir"] == ("c2s" if by_client else "s2c")


ASKS = ("let n = 0; ws.on('open', () => ws.send('so?'));"
        f"ws.on('message', () => {{ if (++n == {2 * ROUNDS}) ws.close(1000);"
        "else if (n % 2 == 0) ws.send('so?'); });")
ANSWERS = {
    "node": lambda real, setup="": real.ws_server(
        setup + "ws.on('message', () => { ws.send('one'); setTimeout(() => ws.send('two'), 3); });"),
    "websockets": lambda real: real.websockets("""async for m in ws:
        await ws.send('one'); await asyncio.sleep(0.003); await ws.send('two')"""),
}


@pytest.mark.one_kernel
@pytest.mark.parametrize("nodelay", ["off", "on"])
@pytest.mark.parametrize("server", ANSWERS)
def test_nginx(wstrace, real, server, nodelay):
    """Both libraries set TCP_NODELAY; nginx was told not to."""
    backend = ANSWERS[server](real)
    port = real.nginx(location(backend, more=UPGRADE + f"tcp_nodelay {nodelay};"))
    w = wstrace("-p", f"{port},{backend}")
    real.ws_client(port, ASKS)
    w.wait("close", 2)
    run = w.stop()
    assert rules(run) == (NAGLE if nodelay == "off" else [])
    if nodelay == "off":
        verdict = run.one("verdict")
        assert "nginx" in verdict["text"] and "tcp_nodelay on" in verdict["fix"]
        assert run.one("open", conn=verdict["conn"])["comm"] == "nginx"


@pytest.mark.one_kernel
@pytest.mark.parametrize("nodelay", ["false", "true"])
@pytest.mark.parametrize("proxy", ["nginx", "none"])
def test_node(wstrace, real, proxy, nodelay):
    """The application switches TCP_NODELAY off; nginx in front of it does not."""
    backend = ANSWERS["node"](real, f"ws._socket.setNoDelay({nodelay});")
    port = real.nginx(location(backend)) if proxy == "nginx" else backend
    w = wstrace("-p", ",".join({str(port), str(backend)}))
    real.ws_client(port, ASKS)
    w.wait("close", 2 if proxy == "nginx" else 1)
    run = w.stop()
    assert rules(run) == (NAGLE if nodelay == "false" else [])
    if nodelay == "false":
        verdict = run.one("verdict")
        assert "node" in verdict["text"] and "set TCP_NODELAY in node" in verdict["fix"]
