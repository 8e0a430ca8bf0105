# SPDX-License-Identifier: GPL-2.0-only
"""Servers that accept no connections, or read nothing on them, with no proxy in front."""
import signal
import socket
import sys
import time

import pytest

import wire
from conftest import LIMIT, listens
from test_diagnose import ONLY

SERVER = """
import os, resource, socket, sys, time
how, port, backlog = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ls = socket.create_server(("127.0.0.1", port), backlog=backlog)
kept = []
if how == "files":
    used = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 1, used + 1))
while how != "never":
    try:
        kept.append(ls.accept()[0])
    except OSError:
        time.sleep(0.1)
    if how == "close":
        kept.pop().close()
    elif how == "late":
        time.sleep(0.2)
        kept.pop().close()
    elif how == "reads":
        kept[-1].recv(1)
        kept.pop().close()
time.sleep(60)
"""


def serve(spawn, port, how, backlog=5):
    return spawn(sys.executable, "-c", SERVER, how, str(port), str(backlog))


def sends(port):
    sock = wire.connect(port)
    sock.sendall(wire.request_head("/stuck"))
    return sock


def told(w):
    w.wait("verdict")
    run = w.stop()
    v = run.one("verdict")
    assert v["certainty"] == "certain" and v["severity"] == "error", v
    return v


@pytest.mark.quick
@pytest.mark.parametrize("how", ["never", "unread", "stopped"])
def test_stuck(wstrace, spawn, free_port, how):
    """Nobody accepts, nobody reads, or the process is stopped: the connection is shown, and why."""
    port = free_port()
    proc = serve(spawn, port, "never" if how == "never" else "unread")
    listens(port, proc)
    if how == "stopped":
        proc.send_signal(signal.SIGSTOP)
    w = wstrace("-p", port, "--only", "open,verdict,close")
    with sends(port):
        w.wait("open")
        v = told(w)
    if how == "stopped":
        proc.send_signal(signal.SIGCONT)
    n = len(wire.request_head("/stuck"))
    assert v["rule"] == "upstream-mute" and str(v["evidence"]["unread"]) in v["text"], v
    assert v["evidence"]["unread"] == n
    assert f"{v['hop']['comm']} on 127.0.0.1:{port}" in v["text"], v
    assert ("has accepted" in v["text"]) == (how == "unread"), v
    assert v["hop"]["listen"] == f"127.0.0.1:{port}"


@pytest.mark.one_kernel
def test_gave_up(wstrace, spawn, free_port):
    """A client that does not wait for five seconds: told where it ends."""
    port = free_port()
    listens(port, serve(spawn, port, "unread"))
    w = wstrace("-p", port, "--only", "open,verdict,close")
    with sends(port):
        w.wait("open")
        time.sleep(0.5)
    v = told(w)
    assert v["rule"] == "upstream-mute" and "read" in v["text"], v


@pytest.mark.one_kernel
def test_full_queue(wstrace, spawn, free_port):
    """More connections than the backlog lets in: the numbers are told, the rest not connected."""
    port = free_port()
    proc = serve(spawn, port, "never", 2)
    listens(port, proc)
    w = wstrace("-p", port, *ONLY)
    held = [sends(port) for _ in range(2)]
    late = socket.socket()
    late.settimeout(2)
    with pytest.raises(OSError):
        late.connect(("127.0.0.1", port))
    late.close()
    w.wait("verdict", 3)
    verdicts = w.stop().of("verdict")
    for s in held:
        s.close()
    assert {v["rule"] for v in verdicts} == {"accept-queue"}, verdicts
    for v in verdicts:
        assert v["evidence"]["queued"] == 3 and v["evidence"]["queue_max"] == 2, v
    assert sum("could not connect" in v["text"] for v in verdicts) == 1


@pytest.mark.one_kernel
def test_out_of_files(wstrace, spawn, free_port):
    """accept() fails with EMFILE for all but one connection."""
    port = free_port()
    proc = serve(spawn, port, "files")
    listens(port, proc)
    w = wstrace("-p", port, *ONLY)
    with sends(port):
        v = told(w)
    assert v["rule"] == "accept-queue" and "EMFILE" in v["text"], v
    assert v["evidence"]["files"] >= v["evidence"]["files_max"] > 0
    assert f"/proc/{proc.pid}/fd" in v["fix"], v


@pytest.mark.one_kernel
@pytest.mark.parametrize("how", ["close", "late"])
def test_closed_at_once(wstrace, spawn, free_port, how):
    """A server at its limit hangs up before it reads the request, as nginx does."""
    port = free_port()
    listens(port, serve(spawn, port, how))
    w = wstrace("-p", port, *ONLY)
    sock = wire.connect(port)
    try:
        if how == "late":
            sock.sendall(wire.request_head("/limit"))
        sock.settimeout(LIMIT)
        sock.recv(1)
    except OSError:
        pass
    sock.close()
    w.wait("verdict")
    v = w.stop().one("verdict")
    assert v["rule"] == "closed-at-once" and v["certainty"] == "likely", v
    assert "probably" in v["text"] and ("unread" in v["evidence"]) == (how == "late"), v


@pytest.mark.one_kernel
def test_client_closes(wstrace, spawn, free_port):
    """Port scans and health checks, and a connection that waits unused, give no verdict."""
    port = free_port()
    listens(port, serve(spawn, port, "reads"))
    w = wstrace("-p", port, "--only", "verdict,close")
    for _ in range(3):
        wire.connect(port).close()
    idle = wire.connect(port)
    w.wait("close", 3)
    time.sleep(2)
    idle.close()
    w.wait("close", 4)
    assert w.stop().of("verdict") == []
