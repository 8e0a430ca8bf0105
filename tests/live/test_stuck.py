# SPDX-License-Identifier: GPL-2.0-only
"""Standard output without a reader, or full: wstrace must not hang, and must say so."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time

import pytest

from conftest import BACKEND, LIMIT, WSTRACE, Lines, of, program, wait_until
from test_read import read
from wire import TEXT, Pair, flood

pytestmark = pytest.mark.one_kernel

N = 60000  # frames, of which neither a pipe nor the smallest event buffer holds half
SOON = LIMIT / 3  # for a second, on a busy host


class Started:
    """A wstrace with this standard output, with traffic that it traces."""

    def __init__(self, spawn, port, *args, stdout, stderr=subprocess.PIPE, ready=True, **kw):
        self.proc = spawn(WSTRACE, "-p", port, "--ringbuf", 1, *args,
                          *(["--backend", BACKEND] if BACKEND else []), stdout=stdout,
                          stderr=stderr, **kw)
        if stderr == subprocess.PIPE:
            self.err = Lines(self.proc.stderr)
            wait_until(lambda: "tracing" in self.err.text(), "the line that it traces")

    def ended(self, sig=None):
        """Returns its exit status, which must come in time."""
        if sig:
            self.proc.send_signal(sig)
        status = self.proc.wait(SOON)
        self.err.join(LIMIT)
        return status


def pairs_of_lines(data):
    """Returns the objects of whole lines, and the bytes behind the last line."""
    whole, _, rest = data.rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()], rest


def read_all(fd):
    data = b""
    while True:
        got = os.read(fd, 1 << 20)
        if not got:
            return data
        data += got


@pytest.fixture
def pipe():
    """Returns both ends of a pipe, which is closed after the test."""
    ends = [os.fdopen(fd, mode) for fd, mode in zip(os.pipe(), ("rb", "wb"))]
    yield ends
    for end in ends:
        end.close()


@pytest.fixture
def pair(port):
    p = None

    def upgraded():
        nonlocal p
        p = Pair(port).upgrade()
        return p

    yield upgraded
    if p:
        p.c.close(), p.s.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "-d", "-n"], ids=str)
def test_a_stuck_pipe_does_not_keep_it_from_ending(spawn, port, pair, pipe, tmp_path, how):
    file = tmp_path / "f.pcapng"
    w = Started(spawn, port, "-j", "-w", file,
                *([how, {"-d": 3, "-n": 500}[how]] if isinstance(how, str) else []),
                stdout=pipe[1])
    pipe[1].close()
    flood(pair(), N)
    assert w.ended(None if isinstance(how, str) else how) == 0
    err = w.err.text()
    left_out, = re.findall(r"^wstrace: nobody reads standard output: its last (\d+) lines were left "
                           r"out$", err, re.M)
    conns, _, _, lost = map(int, re.findall(r"(\d+) (?:conn|frames|bytes|lost)", err))
    events, rest = pairs_of_lines(read_all(pipe[0].fileno()))
    assert conns == 1 and int(left_out) > 0 and events[0]["type"] == "start" and rest[:1] in b"{"
    events = read("-r", file)  # the file is complete
    assert "to its end" not in read.stderr and of(events, "frame")
    if how != "-n":
        assert lost > 0


def test_it_goes_on_when_the_reader_does(spawn, port, pair, pipe):
    """Each line is whole, and as many are missing as wstrace says."""
    w = Started(spawn, port, "-j", stdout=pipe[1])
    pipe[1].close()
    p = pair()
    flood(p, N)
    wait_until(lambda: "nobody reads" in w.err.text(), "the line about the reader")
    lines = Lines(pipe[0])
    wait_until(lambda: b'"type":"lost"' in b"".join(lines.lines), "what was lost")
    p.s2c(TEXT, "after")
    p.close()
    wait_until(lambda: b'"type":"close"' in lines.lines[-1], "the close")
    assert w.ended(signal.SIGINT) == 0
    lines.join(LIMIT)
    events = [json.loads(line) for line in lines.lines]
    lost = sum(e["events"] for e in of(events, "lost"))
    assert lost > 0 and events[-1]["type"] == "end" and events[-1]["lost"] == lost
    assert len(of(events, "frame")) + lost == N + 1
    assert w.err.text().count("nobody reads standard output: waiting; events that find no room are "
                              "lost and counted") == 1
    assert "left out" not in w.err.text()


def test_a_stuck_socket(spawn, port, pair):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        w = Started(spawn, port, "-j", stdout=theirs)
        theirs.close()
        flood(pair(), N)
        assert w.ended(signal.SIGTERM) == 0
    assert "left out" in w.err.text()


def test_a_socket_whose_reader_goes(spawn, port, pair):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        w = Started(spawn, port, "-j", stdout=theirs)
        theirs.close()
        pair()
        ours.close()
        assert w.ended() == 0
    assert len(w.err.text().splitlines()) == 1


def test_messages_too_may_find_no_reader(spawn, port, pair, pipe):
    """2>&1 into a stuck reader; the flags of the shared descriptor do not change."""
    w = Started(spawn, port, "-j", stdout=pipe[1], stderr=pipe[1])
    assert select.select([pipe[0]], [], [], LIMIT)[0]
    flood(pair(), N)
    assert not fcntl.fcntl(pipe[1], fcntl.F_GETFL) & os.O_NONBLOCK
    w.proc.send_signal(signal.SIGTERM)
    assert w.proc.wait(SOON) == 0


@pytest.mark.parametrize("args", [[], ["-j"], ["--top"]], ids=lambda a: a[0] if a else "text")
@pytest.mark.parametrize("how", [signal.SIGTERM, "-d"], ids=str)
def test_a_terminal_held_with_ctrl_s(spawn, port, pair, args, how):
    """The held terminal gets the messages as well."""
    master, slave = pty.openpty()
    try:
        termios.tcsetwinsize(slave, (24, 80))
        w = Started(spawn, port, *args, *([how, 3] if how == "-d" else []), stdin=slave,
                    stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"})
        text = b""
        while b"tracing" not in text:
            assert select.select([master], [], [], LIMIT)[0]
            text += os.read(master, 65536)
        os.write(master, b"\x13")
        flood(pair(), N // 10)
        if how != "-d":
            w.proc.send_signal(how)
        assert w.proc.wait(SOON + 3) == 0
    finally:
        os.close(master), os.close(slave)


@pytest.fixture
def small_disk(tmp_path):
    """Returns the path of a file system of 64 KiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_a_disk_that_fills_up(spawn, port, pair, small_disk):
    with (small_disk / "f").open("wb") as f:
        w = Started(spawn, port, "-j", stdout=f)
        flood(pair(), 2000)
        assert w.ended() == 1
    assert "wstrace: cannot write standard output: No space left on device\n" in w.err.text()


@pytest.fixture
def capture(spawn, port, pair, tmp_path):
    """Returns a file with more frames than lines fit into a pipe."""
    file = tmp_path / "capture.pcapng"
    w = Started(spawn, port, "-q", "-w", file, stdout=subprocess.DEVNULL)
    flood(pair(), 5000)
    assert w.ended(signal.SIGINT) == 0
    return file


def test_a_file_waits_for_its_reader(spawn, capture, pipe):
    w = spawn(WSTRACE, "-j", "-r", capture, stdout=pipe[1], stderr=subprocess.PIPE)
    pipe[1].close()
    time.sleep(1.5)  # longer than wstrace waits for a reader of live events
    assert w.poll() is None
    events, rest = pairs_of_lines(read_all(pipe[0].fileno()))
    assert w.wait(LIMIT) == 0 and rest == b"" and events[-1]["type"] == "end"
    assert len(of(events, "frame")) == 5000
    assert "nobody" not in w.stderr.read().decode()


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_reading_a_file_ends_although_nobody_reads_what_comes_of_it(spawn, capture, pipe, user):
    """A pipe of another user cannot be opened again, for writing without blocking."""
    become = [] if user == "root" else [program("setpriv"), "--reuid=65534", "--regid=65534",
                                        "--clear-groups", "--inh-caps=-all"]
    with capture.open("rb") as f:
        w = spawn(*become, WSTRACE, "-j", "-r", "-", stdin=f, stdout=pipe[1],
                  stderr=subprocess.PIPE)
    assert select.select([pipe[0]], [], [], LIMIT)[0] or w.poll() is not None
    if w.poll() not in (None, 0):
        pytest.skip("nobody may not run the program where it lies")
    time.sleep(0.5)
    w.send_signal(signal.SIGINT)
    assert w.wait(SOON) == 0
    err = w.stderr.read().decode()
    assert "left out" in err and " 0 lost" in err
