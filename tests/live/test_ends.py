# SPDX-License-Identifier: GPL-2.0-only
"""Who ended connections, where other processes or the kernel's side matter."""
import json
import subprocess
import time

import wire
from conftest import WSTRACE, of, program, wait_until
from diag_lab import ask, lab, location  # noqa: F401
from wire import TEXT, Pair


def said(events):
    return [(v["rule"], v["text"]) for v in of(events, "verdict")]


def test_backend_killed_behind_nginx(wstrace, lab, tmp_path):
    """nginx goes on. Its own file does not show that, and what -r says admits it."""
    backend = lab.backend()
    port = lab.nginx(location(backend))
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    clients = [ask(port, "/echo")[0] for _ in range(5)]
    for i, ws in enumerate(clients):
        ws.send(TEXT, "hello")
        assert ws.message() == b"hello"
        time.sleep(0.1 * i)
    lab.server.kill()
    for ws in clients:
        wire.recv_eof(ws.sock)
        ws.close()
    w.wait("close", 5)
    live = said(w.stop().events)
    assert [rule for rule, _ in live] == ["backend-restart"] * 5
    assert all("goes on itself: probably the server behind it" in text for _, text in live)
    read = subprocess.run([WSTRACE, "-j", "-r", path], capture_output=True, check=True).stdout
    for rule, text in said([json.loads(line) for line in read.splitlines()]):
        assert rule == "reload" and "or the server behind it was" in text
        assert "is not seen here" in text


def test_no_claims_from_another_pid_namespace(port, tmp_path):
    """A number of another namespace is another process, or none."""
    out, err = tmp_path / "out", tmp_path / "err"
    cmd = [program("unshare"), "-p", "-f", "--mount-proc", WSTRACE, "-j", "-d", "4", "-p", port]
    with open(out, "w") as o, open(err, "w") as e:
        w = subprocess.Popen([str(x) for x in cmd], stdout=o, stderr=e)
    wait_until(lambda: "tracing" in err.read_text(), "the start")
    p = Pair(port).upgrade("/chat")
    p.c2s(TEXT, "hi")
    p.s.close()
    p.c.close()
    assert w.wait(30) == 0
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert [e["close_by"] for e in of(events, "close")] == ["server"]
    assert [rule for rule, _ in said(events)] == ["no-goodbye"]


def test_close_wait(wstrace, port):
    """The client is gone, and the server has read that, but keeps the socket."""
    w = wstrace("-p", port)
    p = Pair(port).upgrade("/stays")
    p.c2s(TEXT, "bye")
    p.c.close()
    wire.recv_eof(p.s.sock)
    verdict, = w.wait("verdict")
    p.s.close()
    w.stop()
    assert verdict["rule"] == "close-wait" and verdict["evidence"]["unclosed_for"] >= 10
