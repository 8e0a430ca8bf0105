# SPDX-License-Identifier: GPL-2.0-only
"""The process and container of a connection; who ended it, how, and after which frames."""
import os
import pathlib
import re
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

from conftest import HERE, LIMIT, WSTRACE, end_process, listens, wait_until
from wire import BINARY, CLOSE, PING, PONG, TEXT, Pair, close_payload, recv_eof, ws_connect

TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", 18)


def cgroup2():
    """Returns where cgroup version 2 is mounted, alone or beside version 1."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2" and os.access(line.split()[1], os.W_OK):
            return pathlib.Path(line.split()[1])
    pytest.skip("no cgroup v2 that can be written")


@pytest.fixture
def contained(spawn, free_port, tmp_path):
    """contained(path): an echo server in a cgroup of this path, which is removed with the server."""
    pytest.importorskip("websockets")
    made = []

    def start(path):
        top = cgroup2() / f"wstrace-test-{os.getpid()}"
        group = top / path
        try:
            group.mkdir(parents=True)
        except OSError as e:
            pytest.skip(f"cannot make a cgroup: {e.strerror}")
        port, log = free_port(), tmp_path / "log"
        log.write_text("")
        proc = spawn(sys.executable, HERE / "echo.py", port, log)
        made.append((proc, top, group))
        (group / "cgroup.procs").write_text(str(proc.pid))
        listens(port, proc)
        return port

    yield start
    for proc, top, group in made:
        end_process(proc)
        while group != top:
            wait_until(lambda g=group: remove(g), f"{group} to be empty")
            group = group.parent
    for _, top, _ in made[-1:]:
        remove(top)


def remove(group):
    try:
        group.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


ID = secrets.token_hex(32)


@pytest.mark.parametrize("path, container", [
    (f"system.slice/docker-{ID}.scope", ID),
    (f"kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope", ID),
    (f"docker/{ID}", ID),
    ("lxc.payload.web/system.slice", "web"),
    ("system.slice/web.service", None)], ids=("docker", "kubernetes", "cgroupfs", "lxc", "none"))
def test_container(wstrace, contained, path, container):
    port = contained(path)
    w = wstrace("-p", port)
    text = wstrace("-p", port, json_output=False)
    ws_connect(port).close()
    w.wait("close")
    wait_until(lambda: " ended TCP" in text.out.text(), "the close")
    opened = w.stop().one("open")
    assert opened["cgroup"].endswith(path)
    assert opened.get("container") == container
    text.stop()
    first, = [x for x in text.out.text().splitlines() if x.endswith("server") or "container" in x]
    assert re.search(r"server(  container (\S+))?$", first)[2] == (
        ID[:12] if container == ID else container)


def fin_by_client(p):
    p.close()
    return "client ended TCP (FIN), no Close frame"


def fin_by_server(p):
    p.s.sock.shutdown(socket.SHUT_WR)
    recv_eof(p.c.sock)
    p.c.close()
    recv_eof(p.s.sock)
    p.s.close()
    return "server ended TCP (FIN), no Close frame"


def reset(end):
    end.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def rst_by_client(p):
    reset(p.c)
    recv_eof(p.s.sock)
    p.s.close()
    return "client ended TCP (RST received), no Close frame"


def rst_by_server(p):
    reset(p.s)
    recv_eof(p.c.sock)
    p.c.close()
    return "server ended TCP (RST sent), no Close frame"


def no_answer(p):
    """The client does not read, and the server does not wait for it forever (RFC 5482)."""
    p.s.sock.setsockopt(socket.IPPROTO_TCP, TIMEOUT, 300)
    p.s.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            p.s.sock.send(p.s.frame(BINARY, b"x" * 60000))
    # TCP_CLOSE; not SO_ERROR, which takes the error away before wstrace may have seen it
    wait_until(lambda: p.s.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 7,
               "the timeout")
    p.s.close()
    p.c.close()
    return "given up: the client did not answer (timeout)"


WAYS = {fin_by_client: ("remote", "fin"), fin_by_server: ("local", "fin"),
        rst_by_client: ("remote", "rst"), rst_by_server: ("local", "rst"),
        no_answer: ("remote", "timeout")}


@pytest.mark.parametrize("by", WAYS, ids=lambda by: by.__name__)
def test_end(wstrace, port, by):
    """A close names who ended, how, the last frame of each side and the silence before."""
    w = wstrace("-p", port)
    text = wstrace("-p", port, "--only", "close", json_output=False)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "a")
    p.s2c(TEXT, "b")
    p.c2s(PING, "c")
    p.s2c(PONG, "c")
    time.sleep(0.25)
    said = by(p)
    w.wait("close", limit=2 * LIMIT)
    wait_until(lambda: "idle" in text.out.text(), "the close")
    close = w.stop(lost=0).one("close")
    assert (close["first"], close["how"]) == WAYS[by]
    assert close["close_how"] == close["how"]
    began = None if by is no_answer else "server" if close["first"] == "local" else "client"
    assert close.get("close_by") == began
    assert close["c2s"]["last"] == "ping"
    assert close["s2c"]["last"] == ("binary" if by is no_answer else "pong")
    assert 200000 <= close["idle_us"] <= close["duration_us"]
    text.stop(lost=0)
    lines = text.out.text().splitlines()
    assert f" {said} after " in lines[0], lines
    assert re.search(rf"^ +last frame -> ping, <- {close['s2c']['last']}; "
                     r"idle \d[^ ]* (ms|s) before the end$", lines[2]), lines


def test_end_of_process(wstrace, py_server):
    server = py_server()
    w = wstrace("-p", server.port)
    text = wstrace("-p", server.port, json_output=False)
    ws = ws_connect(server.port)
    ws.send(TEXT, "hi")
    assert ws.message() == b"hi"
    end_process(server.proc, signal.SIGKILL)
    recv_eof(ws.sock)
    ws.close()
    w.wait("close")
    wait_until(lambda: "idle" in text.out.text(), "the close")
    close = w.stop().one("close")
    assert (close["first"], close["how"]) == ("local", "exit")
    assert (close["c2s"]["last"], close["s2c"]["last"]) == ("text", "text")
    text.stop()
    assert "server ended TCP (process ended), no Close frame after " in text.out.text()


def test_close_code_and_last_frames(wstrace, port):
    """The last frames are both Close; data after one is a fault, and is the last frame then."""
    w = wstrace("-p", port)
    p = Pair(port).upgrade()
    p.c2s(CLOSE, close_payload(4001, "bye"))
    p.s2c(CLOSE, close_payload(4001))
    p.s2c(TEXT, "one more thing")
    p.close()
    w.wait("close")
    close = w.stop().one("close")
    assert close["code"] == 4001
    assert (close["c2s"]["last"], close["s2c"]["last"]) == ("close", "text")
    assert (close["close_by"], close["close_how"]) == ("client", "close")


def test_no_frames(wstrace, port):
    """A connection without bytes has no last frame, and no time of silence."""
    w = wstrace("-p", port)
    Pair(port).close()
    Pair(port).upgrade().close()
    w.wait("close", 2)
    silent, upgraded = w.stop().of("close")
    assert "idle_us" not in silent and "idle_us" in upgraded
    for close in silent, upgraded:
        assert "last" not in close["c2s"] and "last" not in close["s2c"]


def test_cgroup_by_any_of_its_names(wstrace, contained):
    """--cgroup takes a directory, and a path as in NDJSON and /proc/PID/cgroup."""
    port, other = contained("web.service"), contained("other.service")
    shown = f"/wstrace-test-{os.getpid()}/web.service"
    for name in (f"{cgroup2()}{shown}", shown, shown[1:]):
        w = wstrace("-p", f"{port},{other}", "--cgroup", name)
        ws_connect(other).close()
        ws_connect(port).close()
        w.wait("close")
        opened = w.stop().one("open")
        assert opened["cgroup"] == shown and opened["local"].endswith(f":{port}")


@pytest.mark.unprivileged
def test_cgroup_that_is_none():
    run = subprocess.run([WSTRACE, "-p", "80", "--cgroup", "/none"], capture_output=True, text=True,
                         timeout=LIMIT, check=False)
    assert run.returncode == 2 and "'/none'" in run.stderr and "/sys/fs/cgroup/" in run.stderr


def test_pid_that_is_not_there(wstrace, port):
    """A process that is not there gives a message, not an error."""
    run = wstrace("-p", port, "--pid", f"4194303,{os.getpid()}").stop()
    assert run.status == 0 and run.stderr.count("there is no process") == 1
    assert "--pid: there is no process 4194303" in run.stderr
