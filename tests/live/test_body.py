# SPDX-License-Identifier: GPL-2.0-only
"""The start of the body behind a refusal is read, however it is sent; live and in files."""
import sys

import pytest

import wire
from conftest import listens, of
from test_read import read, tcpdump  # noqa: F401

SERVER = r"""
import socket, sys, time
how, ls = sys.argv[1], socket.create_server(("127.0.0.1", int(sys.argv[2])))
says = b'{"code":1,"message":"Session ID unknown: secret-Zq4711"}'
first = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
length = b"Content-Length: %d\r\n\r\n" % len(says)
chunk = b"Transfer-Encoding: chunked\r\n\r\n"
while True:
    s = ls.accept()[0]
    if not s.recv(65536):
        continue
    if how == "one":
        s.sendall(first + length + says)
    elif how == "vector":
        s.sendmsg([first, length, says[:9], says[9:]])
    elif how == "late":
        s.sendall(first + length)
        time.sleep(0.05)
        s.sendall(says[:20])
        s.sendall(says[20:])
    elif how == "chunks":
        s.sendall(first + chunk + b"4\r\n" + says[:4] + b"\r\n")
        s.sendall(b"%x\r\n" % len(says[4:]) + says[4:] + b"\r\n0\r\n\r\n")
    elif how == "close":
        s.sendall(first + b"\r\n")
        s.sendall(says)
    s.close()
"""

HOW = ["one", "vector", "late", "chunks", "close"]


def ask(port):
    with wire.connect(port) as sock:
        sock.sendall(wire.request_head("/socket.io/?EIO=4&sid=abc"))
        while sock.recv(65536):
            pass


def judged(events):
    v, = of(events, "verdict")
    assert v["rule"] == "sticky" and v["certainty"] == "certain", v
    assert v["evidence"]["body"] == "session id unknown"
    assert "Zq4711" not in str(events)


@pytest.mark.quick
@pytest.mark.parametrize("how", HOW)
def test_live(wstrace, spawn, free_port, how):
    port = free_port()
    listens(port, spawn(sys.executable, "-c", SERVER, how, str(port)))
    w = wstrace("-p", port, "--only", "verdict,close")
    ask(port)
    w.wait("verdict")
    w.wait("close")
    judged(w.stop().events)


@pytest.mark.parametrize("how", HOW)
def test_file(spawn, free_port, tcpdump, how):  # noqa: F811
    port = free_port()
    listens(port, spawn(sys.executable, "-c", SERVER, how, str(port)))
    capture = tcpdump(port)
    ask(port)
    judged(read("-r", capture.stop()))
