# SPDX-License-Identifier: GPL-2.0-only
"""The command line, exit statuses, and readers that stop in odd places."""
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time
import unicodedata

import pytest

from conftest import BACKEND, LIMIT, WSTRACE, program, wait_until
from wire import (BINARY, CLOSE, TEXT, Pair, close_payload, flood, request_head, response_head, same)


def call(*args, **kw):
    kw.setdefault("timeout", LIMIT)
    kw.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([WSTRACE, *map(str, args)], capture_output="stdout" not in kw, **kw)


USAGE = [
    ([], "no port"),
    (["-j"], "no port"),
    (["-p", "70000"], "70000"),
    (["-p", "65536"], "65536"),
    (["-p", "0"], "0"),
    (["-p", "12x"], "12x"),
    (["-p", "x"], "x"),
    (["-p", "-1"], "-1"),
    (["-p", "5-3"], "5-3"),
    (["-p", "1-70000"], "70000"),
    (["-p", "1-2-3"], "2-3"),
    (["-p", "80,,90"], "80,,90"),
    (["-p", "80,"], "80,"),
    (["-p", ",80"], ",80"),
    (["-p", ""], "''"),
    (["-p", " 80"], " 80"),
    (["-p", "99999999999999999999999"], "99999999999999999999999"),
    (["-p", "anything"], "anything"),
    (["-p", "80", "--only", "nonsense"], "nonsense"),
    (["-p", "80", "--only", "open,,close"], "--only"),
    (["-p", "80", "--only", "open,closed"], "closed"),
    (["-p", "80", "--side", "middle"], "middle"),
    (["-p", "80", "--backend", "magic"], "magic"),
    (["-p", "80", "--pid", "12y"], "12y"),
    (["-p", "80", "--pid", ""], "--pid"),
    (["-p", "80", "--comm", "a-name-longer-than-15"], "a-name-longer-than-15"),
    (["-p", "80", "--comm", ""], "--comm"),
    (["-p", "80", "-s", "some"], "some"),
    (["-p", "80", "-s", "-5"], "-5"),
    (["-p", "80", "-d", "0"], "0"),
    (["-p", "80", "-n", "1.5"], "1.5"),
    (["-p", "80", "--ringbuf", "3"], "3"),
    (["-p", "80", "--ringbuf", "99999"], "99999"),
    (["-p", "80", "--max-conns", "0"], "0"),
    (["-p", "80", "-w", ""], "--write"),
    (["-p", "80", "-w", "f", "-C", "0"], "0"),
    (["-p", "80", "-w", "f", "-C", "1x"], "1x"),
    (["-p", "80", "-w", "f", "-G", "0"], "0"),
    (["-p", "80", "-w", "f", "-C", "1", "-W", "0"], "0"),
    (["-p", "80", "-w", "f", "-W", "3"], "-W"),
    (["-p", "80", "-C", "3"], "-C"),
    (["-p", "80", "-G", "3"], "-G"),
    (["-p", "80", "-W", "3"], "-W"),
    (["-p", "80", "-w", "-", "-C", "3"], "-w -"),
    (["-p", "80", "-w", "-", "-G", "3"], "-w -"),
    (["-r", ""], "--read"),
    (["-p", "80", "-w", "one", "--report", "one"], "one"),
    (["-p", "80", "stray"], "stray"),
    (["-p", "80", "--no-such-option"], "no-such-option"),
]


@pytest.mark.unprivileged
@pytest.mark.parametrize("args,token", USAGE, ids=[" ".join(a) or "none" for a, _ in USAGE])
def test_usage_error_names_the_token(args, token):
    done = call(*args)
    assert done.returncode == 2, done.stderr
    assert token in done.stderr.decode() and done.stdout == b""
    assert done.stderr.startswith(b"wstrace: ")


def test_not_root(port):
    setpriv = program("setpriv")
    done = subprocess.run([setpriv, "--reuid=65534", "--regid=65534", "--clear-groups",
                           "--inh-caps=-all", WSTRACE, "-p", str(port)],
                          capture_output=True, timeout=LIMIT)
    if b"failed to execute" in done.stderr:
        pytest.skip("nobody may not run the program where it lies")
    assert done.returncode == 3
    assert "CAP_BPF" in done.stderr.decode() and "CAP_PERFMON" in done.stderr.decode()
    assert done.stdout == b""


def test_one_capability_missing(port):
    setpriv = program("setpriv")
    done = subprocess.run([setpriv, "--bounding-set=-sys_admin,-perfmon", "--inh-caps=-all",
                           WSTRACE, "-p", str(port)], capture_output=True, timeout=LIMIT)
    assert done.returncode == 3, done.stderr
    assert "CAP_PERFMON" in done.stderr.decode() and "CAP_BPF" not in done.stderr.decode()


@pytest.mark.unprivileged
@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(option):
    done = call(option)
    assert done.returncode == 0 and done.stderr == b""
    assert re.fullmatch(rb"wstrace \d+\.\d+\.\d+\n", done.stdout)
    assert b"libbpf" in call(option, "-v").stdout


@pytest.mark.unprivileged
def test_help():
    done = call("--help")
    assert done.returncode == 0 and done.stderr == b""
    text = done.stdout.decode()
    for option in ("--port", "--pid", "--comm", "--side", "--snaplen", "--show-secrets", "--quiet",
                   "--verbose", "--only", "--json", "--write", "-C MB", "-G SEC", "-W N",
                   "--duration", "--count", "--backend", "--ringbuf", "--max-conns", "--check",
                   "--version"):
        assert option in text, option
    assert "Examples:" in text and "Exit status:" in text


def backends(answer):
    """Returns the backends that --check allows, and those that it does not."""
    text = call("--check").stdout.decode()
    return re.findall(rf"^(fentry|kprobe|tracepoint) +{answer}\b", text, re.M)


@pytest.mark.quick
def test_check():
    done = call("--check")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0 and lines[0].startswith("kernel ")
    for name in ("fentry", "kprobe", "tracepoint"):
        line, = [x for x in lines if x.startswith(name)]
        answer = re.match(rf"{name} +(yes|no)\b.*?\w", line)
        assert answer, line
        if answer[1] == "no":
            assert re.search(r": \w", line), f"no reason in {line!r}"


def test_backend_that_the_kernel_refuses(port):
    refused = backends("no")
    if not refused:
        pytest.skip("this kernel has every backend")
    for name in refused:
        done = call("-p", port, "--backend", name)
        assert done.returncode == 4
        text = done.stderr.decode()
        assert f"{name}: " in text and len(text.split(f"{name}: ")[1].strip()) > 5
        assert done.stdout == b""


def test_backend_by_name_is_the_one_used(wstrace, port):
    assert backends("yes")
    for name in backends("yes"):
        w = wstrace("-p", port, "--backend", name)
        p = Pair(port).upgrade()
        p.c2s(TEXT, "x")
        p.close()
        w.wait("close")
        run = w.stop()
        assert run.one("start")["backend"] == name and f" with {name} " in run.stderr
        same(run.frames(), p.c.sent)


def pipeline(port, tail, *args, tracing=True):
    """wstrace | tail. Returns both processes; with `tracing`, once wstrace traces."""
    first = subprocess.Popen([WSTRACE, "-p", str(port), *args,
                              *(["--backend", BACKEND] if BACKEND else [])],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    second = subprocess.Popen(tail, stdin=first.stdout, stdout=subprocess.PIPE)
    first.stdout.close()
    if tracing:
        assert select.select([first.stderr], [], [], LIMIT)[0]
        assert b"tracing" in first.stderr.readline()
    return first, second


@pytest.mark.parametrize("args", [[], ["-j"]], ids=["text", "json"])
def test_head_ends_it_at_once_and_quietly(port, args):
    """wstrace | head -3, and no traffic after the third line."""
    first, second = pipeline(port, ["head", "-3"], *args)
    try:
        p = Pair(port).upgrade()
        p.c2s(TEXT, "x")
        out, _ = second.communicate(timeout=LIMIT)
        assert len(out.splitlines()) == 3
        before = time.monotonic()
        assert first.wait(LIMIT) == 0
        assert time.monotonic() - before < LIMIT / 5
        assert first.stderr.read() == b""
        p.close()
    finally:
        first.kill()
        second.kill()


def test_reader_gone_before_any_traffic(port):
    first, second = pipeline(port, ["true"], tracing=False)
    try:
        second.wait(LIMIT)
        assert first.wait(LIMIT) == 0
        assert re.fullmatch(rb"(wstrace: tracing .*\n)?", first.stderr.read())
    finally:
        first.kill()
        second.kill()


@pytest.mark.quick
def test_two_at_once_see_the_same(wstrace, port):
    a, b = wstrace("-p", port), wstrace("-p", port)
    p = Pair(port).upgrade()
    for i in range(50):
        p.c2s(TEXT, "x" * i)
        p.s2c(BINARY, b"y" * i)
    p.close()
    a.wait("close")
    b.wait("close")
    a, b = a.stop(), b.stop()
    same(a.frames(dir="c2s"), p.c.sent)
    for x, y in zip(a.frames(), b.frames()):
        assert {**x, "ts": 0, "conn": 0} == {**y, "ts": 0, "conn": 0}
    assert len(a.events) == len(b.events) and a.closing == b.closing


def ends_with_error(port, **kw):
    proc = subprocess.Popen([WSTRACE, "-p", str(port), "-j",
                             *(["--backend", BACKEND] if BACKEND else [])],
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **kw)
    try:
        _, err = proc.communicate(timeout=LIMIT)
        return proc.returncode, err.decode()
    finally:
        proc.kill()


def test_dev_full(port):
    with open("/dev/full", "w") as full:
        status, err = ends_with_error(port, stdout=full)
    assert status == 1
    assert "wstrace: cannot write standard output: No space left on device" in err


def test_stdout_closed(port):
    proc = subprocess.Popen(["/bin/sh", "-c", 'exec "$0" -j -p "$1" -d 5 >&-', WSTRACE,
                             str(port)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        _, err = proc.communicate(timeout=LIMIT)
    finally:
        proc.kill()
    assert proc.returncode == 1, err
    assert b"wstrace: cannot write standard output: Bad file descriptor" in err


@pytest.mark.unprivileged
@pytest.mark.parametrize("option", ["-w", "--report"])
def test_what_is_read_is_not_overwritten(tmp_path, option):
    file = tmp_path / "f"
    file.write_bytes(b"precious")
    (tmp_path / "link").symlink_to(file)
    done = call("-r", file, option, tmp_path / "link")
    assert done.returncode == 2 and "is what -r reads" in done.stderr.decode()
    assert file.read_bytes() == b"precious"


@pytest.mark.unprivileged
@pytest.mark.parametrize("args", [["-V"], ["--help"], ["--explain", "list"]], ids=" ".join)
def test_answers_that_cannot_be_written(args):
    with open("/dev/full", "w") as full:
        done = call(*args, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == b"wstrace: cannot write standard output: No space left on device\n"


def test_nohup(wstrace, port):
    w = wstrace("-p", port, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    w.proc.send_signal(signal.SIGHUP)
    Pair(port).upgrade().close()
    w.wait("close")
    w.stop()


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_is_a_normal_end(wstrace, port, sig):
    w = wstrace("-p", port)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "x")
    run = w.stop(sig)
    assert run.status == 0 and len(run.frames()) == 1 and run.events[-1]["type"] == "end"
    assert run.closing == (1, 1, 1, 0)
    p.close()


def test_hangup_is_a_normal_end_whatever_runs_the_tests(wstrace, port):
    """The same under nohup(1)."""
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        w = wstrace("-p", port)
    finally:
        signal.signal(signal.SIGHUP, old)
    assert w.stop(signal.SIGHUP).status == 0


def test_lost_events_are_counted_exactly(wstrace, port):
    """With the smallest buffer and a stopped reader, as many events are missing as wstrace says."""
    n = 60000
    w = wstrace("-p", port, "--ringbuf", 1)
    p = Pair(port).upgrade()
    w.wait("response")
    w.proc.send_signal(signal.SIGSTOP)
    try:
        flood(p, n)
    finally:
        w.proc.send_signal(signal.SIGCONT)
    wait_until(lambda: [e for e in w.events() if e["type"] == "lost"], "the lost event")
    p.s2c(TEXT, "after")
    p.close()
    w.wait("close")
    run = w.stop(lost=None)
    lost = sum(e["events"] for e in run.of("lost"))
    assert lost > 0 and run.closing[3] == lost == run.events[-1]["lost"]
    assert len(run.frames()) + lost == n + 1
    assert run.closing[1] == n + 1, "the counts miss nothing"
    close = run.one("close")
    assert close["s2c"]["frames"] == n + 1 and close["lost"] == lost
    last = run.frames()[-1]
    assert (last["op"], last["len"], last["offset"]) == ("text", 5, 2 * n), "still in step"


def test_stopped_terminal_loses_nothing_from_the_counts(port):
    """A terminal that takes nothing must not stop wstrace from reading events."""
    master, slave = pty.openpty()
    backend = ["--backend", BACKEND] if BACKEND else []
    proc = subprocess.Popen([WSTRACE, "-p", str(port), *backend], stdin=subprocess.DEVNULL,
                            stdout=slave, stderr=subprocess.PIPE)
    os.close(slave)
    try:
        line = b""
        while b"\n" not in line:
            assert select.select([proc.stderr], [], [], LIMIT)[0]
            line += os.read(proc.stderr.fileno(), 4096)
        p = Pair(port).upgrade()
        n = 30000
        flood(p, n)
        text = b""

        def read_some():
            nonlocal text
            if select.select([master], [], [], 0.05)[0]:
                try:
                    text += os.read(master, 65536)
                except OSError:  # a terminal without a writer reads as an error
                    return True
            return b"frames not printed" in text

        wait_until(read_some, "the line about frames not printed")
        proc.send_signal(signal.SIGINT)
        while proc.poll() is None:
            read_some()
        err = proc.stderr.read().decode()
        assert proc.returncode == 0 and f"{n} frames" in err and " 0 lost" in err
        p.close()
    finally:
        proc.kill()
        os.close(master)


HOSTILE = [b"\x1b[2J\x1b]0;owned\x07", b"\xff\xfe\xc0\xaf", "a\u202eb\u2066c\u200fd".encode(),
           b"tab\there", b"\x7f\x80\x9b31m", "\u2028x\ufeff".encode(), b"back\\slash \"quote\"",
           "\u009b31m \u0085\u061c\u00ad\U000e0041".encode(), "h\u00e9llo \u4e16\u754c".encode()]
FORBIDDEN = {"\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\x7f"}


def hostile_traffic(port):
    p = Pair(port)
    head = request_head("/path?q=1")[:-2]
    head = head.replace(b"/path", b"/\x1b[31m\xff\xe2\x80\xae")
    for i, value in enumerate(HOSTILE):
        head += b"X-%d%s: %s\r\n" % (i, value.replace(b":", b""), value)
    p.request(head + b"\r\n")
    answer = response_head()[:-2].replace(b"Switching", b"\x1b[1mSw\xff\xe2\x80\xaeitching")
    p.response(answer + b"Sec-WebSocket-Protocol: \x1b[5m\xff\r\n\r\n")
    for value in HOSTILE:
        p.c2s(TEXT, value)
    p.c2s(CLOSE, b"\x03\xe8" + b"\x1b[0m\xff\xe2\x80\xae")
    p.close()


def test_hostile_bytes_in_text(wstrace, port):
    w = wstrace("-p", port, "-v", "-s", "full", "--show-secrets", json_output=False)
    hostile_traffic(port)
    wait_until(lambda: " ended TCP" in w.out.text(), "the close's line")
    w.stop()
    raw = b"".join(w.out.lines)
    text = raw.decode("utf-8", "strict")
    for c in set(text) - {"\n"}:
        assert c not in FORBIDDEN and unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp"), \
            f"{c!r} in the output"
    assert "\\x1b[2J" in text and "h\u00e9llo \u4e16\u754c" in text
    assert "\\xff" in text


@pytest.mark.quick
def test_hostile_bytes_in_json(wstrace, port):
    w = wstrace("-p", port, "-s", "full")
    hostile_traffic(port)
    w.wait("close")
    run = w.stop()
    headers = run.one("request")["headers"]
    for (_, got), value in zip(headers[-len(HOSTILE):], HOSTILE):
        assert got == value.decode("utf-8", "replace") or "\ufffd" in got
    assert "\x1b[2J" in headers[-len(HOSTILE)][1]
    assert "\ufffd" in run.one("request")["target"]
    assert "\ufffd" in run.of("frame", op="close")[0]["reason"]
    for line in w.out.lines:
        assert not any(b < 0x20 and b != 0x0a for b in line) and line.count(b"\n") == 1
        json.loads(line.decode("utf-8", "strict"))


def test_text_is_one_event_a_line(wstrace, port):
    w = wstrace("-p", port, json_output=False)
    p = Pair(port).upgrade("/chat")
    p.c2s(TEXT, "hello")
    p.s2c(BINARY, b"x" * 70000)
    p.c2s(CLOSE, close_payload(1000, "bye"))
    p.close()
    wait_until(lambda: " ended TCP" in w.out.text(), "the close's line")
    run = w.stop()
    lines = w.out.text().splitlines()
    frames = [x for x in lines if re.search(r" (text|binary|close) +FIN ", x)]
    assert len(frames) == 3
    assert re.search(r"#1 .*-> text .*mask [0-9a-f]{8} .* 5 B", frames[0]), frames[0]
    assert re.search(r"<- binary .* 68.4 KiB", frames[1]), frames[1]
    assert re.search(r'-> close .*1000 normal closure: "bye"', frames[2]), frames[2]
    for line in lines:
        assert len(line) <= (80 if line in frames[:2] else 100) or "1000 normal" in line, line
        assert "\x1b" not in line, "colour, and stdout is no terminal"
    assert any("GET /chat HTTP/1.1" in x for x in lines)
    assert any("101 Switching Protocols" in x for x in lines)
    assert re.search(r' client closed \(1000 .*: "bye"\); client ended TCP after .* [um]?s$', lines[-3])
    assert "-> 2 frames 10 B  <- 1 frame 68.4 KiB" in lines[-2]
    assert re.search(r" last frame -> close, <- binary; idle \d.* before the end$", lines[-1])
    assert run.closing == (1, 3, 5 + 70000 + 5, 0)


def test_max_conns(wstrace, port):
    """With a full table further connections are not followed, as messages say at once and at the end."""
    w = wstrace("-p", port, "--max-conns", 4, "--side", "both")
    pairs = [Pair(port) for _ in range(10)]
    for p in pairs:
        p.upgrade()
    wait_until(lambda: "are not followed" in w.err.text(), "the line that says so")
    assert "wstrace: 4 connections are open: new ones are not followed (--max-conns)" in w.err.text()
    w.wait("response", 4)
    for p in pairs[:2]:
        p.close()
    w.wait("close", 4)
    w.proc.send_signal(signal.SIGINT)
    assert w.proc.wait(LIMIT) == 0
    w.err.join(LIMIT)
    w.out.join(LIMIT)
    assert re.search(r"^wstrace: 4 connections, .*, 16 connections not followed \(--max-conns\)$",
                     w.err.text(), re.M), w.err.text()
    assert w.events()[-1]["not_followed"] == 16
    for p in pairs[2:]:
        p.close()


def test_room_again(wstrace, port):
    """A connection that closes makes room for another."""
    w = wstrace("-p", port, "--max-conns", 4)
    for n in range(20):
        Pair(port).upgrade().close()
        w.wait("close", n + 1)
    assert w.stop().closing[0] == 20


def test_other_ports_are_left_alone(wstrace, port, free_port):
    """A port that -p does not name shows neither connections nor refused attempts."""
    other = free_port()
    w = wstrace("-p", port)
    with socket.socket() as s:
        assert s.connect_ex(("127.0.0.1", other)) != 0
    Pair(other).upgrade().close()
    Pair(port).upgrade().close()
    w.wait("close")
    run = w.stop()
    assert [e["local"].endswith(f":{port}") for e in run.of("open")] == [True]


def test_refused_text(wstrace, port):
    """A refused connect is shown as one, with its destination."""
    w = wstrace("-p", port, json_output=False)
    with socket.socket() as s:
        assert s.connect_ex(("127.0.0.1", port)) != 0
    said = f"no connection to 127.0.0.1:{port}: refused, nothing listens there\n"
    wait_until(lambda: said in w.out.text(), "what came of it")
    w.stop()
