# SPDX-License-Identifier: GPL-2.0-only
"""-r: the same connection captured by tcpdump and traced by wstrace must give the same events."""
import calendar
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import time
import zlib

import pytest

from captures import CAPTURES
from conftest import LIMIT, WSTRACE, end_process, of, program, wait_until
from wire import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Pair, close_payload, frame, recv_eof,
                  ws_connect)

FIELDS = ("dir", "op", "opcode", "fin", "rsv", "masked", "mask", "len", "hdr_len", "seq", "offset",
          "payload", "payload_b64", "truncated", "code", "reason")
WITHOUT_PAYLOAD = FIELDS[:11]


def read(*args, status=0, **kw):
    """read(*args): the events of wstrace -j; its stderr is in read.stderr."""
    run = subprocess.run([WSTRACE, "-j"] + [str(a) for a in args], capture_output=True,
                         timeout=LIMIT, **kw)
    read.stderr = run.stderr.decode()
    assert run.returncode == status, read.stderr
    events = [json.loads(line) for line in run.stdout.decode().splitlines()]
    if events:
        assert events[0]["type"] == "start" and events[-1]["type"] == "end"
    return events


def frames(events, fields=FIELDS):
    """Sorts events by direction and offset: the order between directions depends on the place of capture."""
    found = [{k: e.get(k) for k in fields} for e in of(events, "frame")]
    return sorted(found, key=lambda f: (f["dir"], f["offset"]))


@pytest.fixture
def made(tmp_path):
    """made(name): the path of one of the captures of tests/golden."""
    def write(name):
        path = tmp_path / f"{name}.pcap"
        path.write_bytes(CAPTURES[name]())
        return path

    return write


@pytest.fixture
def tcpdump(spawn, tmp_path):
    """tcpdump(port, *args): a running tcpdump; stop() returns the file, which has all closes."""
    running = []

    class Capture:
        def __init__(self, port, *args, interface="lo", name=None):
            self.file = tmp_path / (name or f"{len(running)}.pcap")
            self.proc = spawn(program("tcpdump"), "-i", interface, "-U", "--immediate-mode",
                              "-B", "65536", "-Z", "root", "-w", self.file, *args, "tcp port",
                              str(port), stderr=subprocess.PIPE)
            running.append(self)
            wait_until(lambda: b"listening on" in self.proc.stderr.readline(), "tcpdump")

        def stop(self, closes=1):
            def enough():
                run = subprocess.run([WSTRACE, "-j", "-r", str(self.file)], capture_output=True)
                return run.stdout.count(b'"type":"close"') >= closes

            wait_until(enough, f"{closes} closes in the capture")
            end_process(self.proc, signal.SIGINT)
            return self.file

    return Capture


def talk(ws, messages=20, size=70000):
    """Talks to an echo server, until the connection is closed."""
    for i in range(messages):
        op = random.choice([TEXT, BINARY])
        payload = os.urandom(random.randrange(size) if i % 3 == 0 else i).hex().encode()
        ws.send(op, payload)
        assert ws.message() == payload
    ws.send(TEXT, b"frag", fin=False)
    ws.send(PING, b"between")
    ws.send(CONT, b"ment")
    assert ws.recv()[1] == b"between"
    assert ws.message() == b"fragment"
    finish(ws)


def finish(ws):
    ws.send(CLOSE, close_payload(4321, "enough"))
    assert ws.recv()[0] == CLOSE
    recv_eof(ws.sock)
    ws.close()


# How far live and read may be apart: calls are seen before or after the packets that they make, and
# of round trips a capture knows that of the handshake only. A guest takes ten times as long.
SLOW = 10 if os.environ.get("WSTRACE_VM_GUEST") else 1
NEAR = {"ts": 20_000_000 * SLOW, "duration_us": 20_000 * SLOW, "idle_us": 20_000 * SLOW,
        "latency_us": 100_000 * SLOW, "rtt_us": 50_000 * SLOW, "lived_ms": 20 * SLOW,
        "silence": 0.1 * SLOW}
# Retransmissions: live of this end, in a capture of both, in a file of -w of none
ONLY_LIVE = {"pid", "comm", "cgroup", "netns", "container", "retrans"}
ONLY_READ = {"packet", "file", "outer"}
JUDGED = 1_500_000_000  # ns that live waits, for others that end as well, before it judges an end


def nanoseconds(ts):
    seconds, fraction = ts.rstrip("Z").split(".")
    return calendar.timegm(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction)


def differences(live, got, name="", near=0):
    """Returns the differences between two events, as far as a capture can know."""
    if isinstance(live, dict) and isinstance(got, dict):
        late = JUDGED if live.get("type") in ("verdict", "end") else 0
        return [d for k in {**live, **got} if k not in ONLY_LIVE | ONLY_READ
                for d in differences(live.get(k), got.get(k), k,
                                     NEAR.get(k, 0) + (late if k == "ts" else 0))]
    a, b = live, got
    if name == "ts":
        a, b = nanoseconds(a), nanoseconds(b)
    elif isinstance(a, str) and isinstance(b, str):  # python3 on 192.0.2.1:80, or the server 192.0.2.1:80
        named = r"\S+ on \S+:\d+|the (server|client) [\d.:]+|\bpython3\b"
        a, b = (re.sub(named, "X", t) for t in (a, b))
    close = near and None not in (a, b) and abs(a - b) <= near
    return [] if close or a == b else [f"{name}: {live}, {got}"]


def same_events(live, got):
    """Asserts that all lines are equal, in the order of each connection, with all fields."""
    live, got = (sorted((e for e in es if e["type"] != "start"), key=lambda e: e.get("conn", 1e9))
                 for es in (live, got))
    assert [(e["type"], e.get("conn")) for e in got] == [(e["type"], e.get("conn")) for e in live]
    for a, b in zip(live, got):
        assert not differences(a, b), (a, b)


def same_connection(live, got):
    """Asserts that a connection is equal, as far as a capture can know."""
    for type, fields in (("open", ("role", "local", "remote", "midstream")),
                         ("request", ("method", "target", "headers", "upgrade", "key", "seq")),
                         ("response", ("status", "headers", "upgrade", "accept_ok", "seq"))):
        assert [[e.get(k) for k in fields] for e in of(got, type)] == \
               [[e.get(k) for k in fields] for e in of(live, type)]
    same_events(of(live, "close"), of(got, "close"))
    assert all(e["gaps"] == 0 for e in of(got, "close"))


@pytest.mark.quick
@pytest.mark.parametrize("side", ("server", "client"))
def test_own_file(wstrace, py_server, tmp_path, side):
    """A file of -w gives the events of the trace, with the processes."""
    server = py_server()
    path, again = tmp_path / "f.pcapng", tmp_path / "again.pcapng"
    w = wstrace("-p", server.port, "-s", "full", "--side", side, "-w", path)
    for _ in range(3):
        talk(ws_connect(server.port, "/a?b=c"))
    w.wait("close", 3)
    live = w.stop().events
    got = read("-s", "full", "-r", path)
    same_connection(live, got)
    same = ("pid", "comm", "cgroup", "role")
    for type in ("open", "frame"):
        assert sorted(str([e.get(k) for k in same]) for e in of(got, type)) == \
               sorted(str([e.get(k) for k in same]) for e in of(live, type))
        for g, l in zip(*(sorted(nanoseconds(e["ts"]) for e in of(es, type)) for es in (got, live))):
            assert abs(g - l) < 1_000_000, "in a file time does not go back"
    pid = server.pid if side == "server" else os.getpid()
    assert {e["pid"] for e in of(got, "open")} == {pid}
    assert frames(got) == frames(live) and len(of(got, "frame")) > 120
    text = subprocess.run([WSTRACE, "-r", path, "-w", again], capture_output=True, check=True)
    assert f"python3[{pid}]" in text.stdout.decode()
    again = read("-s", "full", "-r", again)
    assert [e.get("pid") for e in of(again, "open")] == [pid] * 3


def midstream_and_nothing_else(got, conns=1):
    """A handshake that wstrace made up is not taken for a real one."""
    assert [e["midstream"] for e in of(got, "open")] == [True] * conns
    assert not of(got, "request") and not of(got, "response") and not of(got, "verdict")


def test_own_file_of_a_connection_that_was_there_before(wstrace, port, tmp_path):
    path, again = tmp_path / "f.pcapng", tmp_path / "again.pcapng"
    pair = Pair(port).upgrade()
    w = wstrace("-p", port, "-s", "full", "-w", path)
    w.wait("open")
    pair.s.sock.sendall(b"\x00" * 70)  # the end of a frame that began before
    pair.c.sock.recv(70, socket.MSG_WAITALL)
    for i in range(4):
        pair.c2s(TEXT, b"x" * i)
        pair.s2c(BINARY, b"y" * 100 * i)
    pair.s2c(CLOSE, close_payload(1000))
    pair.c2s(CLOSE, close_payload(1000))
    pair.close()
    w.wait("close")
    live = w.stop()
    for file in (path, again):
        got = read("-s", "full", "-r", path, *(["-w", again] if file == path else []))
        midstream_and_nothing_else(got)
        seqs = [[f["seq"] for f in es] for es in (live.frames(), of(got, "frame"))]
        assert sorted(seqs[0]) == sorted(seqs[1]) and len(seqs[0]) >= 6
        assert {e["why"] for e in of(got, "resync")} == {"midstream"}
        assert f"wstrace: 1 connection, {live.closing[1]} frames, {live.closing[2]} bytes, 0 lost" \
            in read.stderr


def rotated(wstrace, port, tmp_path, talk, *args):
    """Returns files of a megabyte each, in order, and the events of the trace."""
    w = wstrace("-p", port, "-s", "full", "-w", tmp_path / "f", "-C", 1, *args)
    talk()
    w.wait("close", 2)
    run = w.stop()
    files = [tmp_path / "f"] + [tmp_path / f"f{i}" for i in range(1, 100)]
    return [f for f in files if f.exists()], run


def by_peer(events):
    """Returns the frames of each connection, in order for each direction."""
    fields = [f for f in FIELDS if f != "offset"]  # an offset counts from the upgrade, if that was seen
    return {(e["remote"], dir): [[f.get(k) for k in fields]
                                 for f in of(events, "frame", conn=e["conn"], dir=dir)]
            for e in of(events, "open") for dir in ("c2s", "s2c")}


@pytest.mark.parametrize("before", (False, True), ids=("whole", "midstream"))
def test_rotated_files_are_one_capture(wstrace, port, tmp_path, before):
    """A connection that goes on from file to file is one; and one file alone has no false verdict."""
    pairs = []
    first = Pair(port).upgrade("/first") if before else None

    def talk():
        pairs[:] = [first or Pair(port).upgrade("/first"), Pair(port).upgrade("/second")]
        for i in range(60):
            for n, p in enumerate(pairs):
                p.c2s(BINARY, os.urandom(30000 + 1000 * n + i))
                p.s2c(TEXT, b"answer %d" % i)
        for p in pairs:
            p.s2c(CLOSE, close_payload(1000))
            p.c2s(CLOSE, close_payload(1000))
            p.close()

    files, live = rotated(wstrace, port, tmp_path, talk)
    assert len(files) >= 4
    got = read("-s", "full", "-r", *files)
    assert len(of(got, "frame")) >= (236 if before else 244)
    assert by_peer(got) == by_peer(live.events)
    assert sorted(e["midstream"] for e in of(got, "open")) == [False, before]
    assert len(of(got, "request")) == len(of(live.events, "request")) == 1 + (not before)
    assert [e["retrans"] for e in of(got, "close")] == [0, 0] and not of(got, "verdict")
    assert f"wstrace: 2 connections, {live.closing[1]} frames, {live.closing[2]} bytes, 0 lost" \
        in read.stderr
    midstream_and_nothing_else(read("-r", files[-2]), 2)
    assert not of(read("-r", files[0], files[2], files[-1]), "verdict")


def test_rotated_files_keep_what_was_agreed_on_compression(wstrace, port, tmp_path):
    agreed = ("Sec-WebSocket-Extensions",
              "permessage-deflate; server_no_context_takeover; client_no_context_takeover")

    def message():
        z = zlib.compressobj(wbits=-15, level=0)
        return z.compress(b"hello " * 5000) + z.flush(zlib.Z_SYNC_FLUSH)[:-4]

    def talk():
        for rsv, extension in ((4, [agreed]), (0, [])):
            p = Pair(port).upgrade("/", extension, extension)
            for _ in range(50):
                p.c.sock.sendall(frame(TEXT, message(), rsv=rsv, mask=b"mask"))
                p.s.recv()
            p.close()

    files, _ = rotated(wstrace, port, tmp_path, talk)
    assert len(files) >= 3
    got = read("-s", "full", "-r", files[1])
    compressed = [f for f in of(got, "frame") if f["rsv"]]
    assert compressed and all(f["inflated"] == "hello " * 5000 for f in compressed)


@pytest.mark.parametrize("options", (("-q",), ("--only", "verdict")))
def test_file_has_what_the_text_leaves_out(wstrace, port, tmp_path, options):
    path, again = tmp_path / "f.pcapng", tmp_path / "again.pcapng"
    w = wstrace("-p", port, "-w", path)
    pair = Pair(port).upgrade()
    for i in range(5):
        pair.c2s(TEXT, b"x" * i)
        pair.s2c(BINARY, b"y" * i)
    pair.close()
    w.wait("close")
    w.stop()
    assert not of(read(*options, "-r", path, "-w", again), "frame")
    assert frames(read("-r", again)) == frames(read("-r", path))
    assert len(of(read("-r", again), "frame")) == 10


def test_process_that_hands_its_socket_on(port, wstrace, tmp_path):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    pair = Pair(port).upgrade()
    pair.c2s(TEXT, b"hello")
    child = os.fork()
    if not child:
        pair.s.send(TEXT, b"from another process")
        pair.s.send(TEXT, b"from another process")
        os._exit(0)
    os.waitpid(child, 0)
    pair.c.recv(), pair.c.recv()
    pair.close()
    w.wait("close")
    live, got = w.stop().events, read("-r", path)
    assert [e["pid"] for e in of(live, "frame")] == [os.getpid(), child, child]
    assert [e["pid"] for e in of(got, "frame")] == [os.getpid(), child, child]


def test_several_link_types_in_one_file(tcpdump, py_server, tmp_path):
    server, path = py_server(), tmp_path / "mixed.pcapng"
    for interface in ("lo", "any"):
        dump = tcpdump(server.port, interface=interface, name=interface)
        talk(ws_connect(server.port))
        dump.stop()
    subprocess.run([program("mergecap"), "-a", "-w", path, tmp_path / "lo", tmp_path / "any"],
                   check=True)
    got = read("-r", path)
    assert len(of(got, "close")) == 2
    assert frames(got) == frames(read("-r", tmp_path / "lo", tmp_path / "any"))
    # an unknown link type gives a message; a file with nothing else is an error
    data = bytearray(path.read_bytes())
    second = data.index(struct.pack("<HHI", 276, 0, 262144))  # LINUX_SLL2
    data[second:second + 2] = struct.pack("<H", 220)
    path.write_bytes(data)
    got = read("-r", path)
    assert len(of(got, "close")) == 1
    assert "packets were left out: link type USB_LINUX_MMAPPED (220) is not known" in read.stderr
    first = data.index(struct.pack("<HHI", 1, 0, 262144))
    data[first:first + 2] = struct.pack("<H", 220)
    path.write_bytes(data)
    read("-r", path, status=1)
    assert "link type USB_LINUX_MMAPPED (220) is not known" in read.stderr


@pytest.mark.quick
def test_the_same_as_live(wstrace, tcpdump, echo_server):
    server = echo_server()
    dump = tcpdump(server.port)
    w = wstrace("-p", server.port, "-s", "full")
    talk(ws_connect(server.port, "/a?b=c", [("Cookie", "secret")]))
    w.wait("close")
    live, got = w.stop().events, read("-s", "full", "-r", dump.stop())
    same_connection(live, got)
    assert frames(got) == frames(live)
    assert len(of(got, "frame")) > 40
    assert "secret" not in json.dumps(got)
    assert not any("pid" in e or "comm" in e for e in got)


def sick_connections(port):
    """Makes a connection without a fault, and five with a verdict each; all are closed."""
    well = Pair(port).upgrade("/well?token=1")
    for i in range(5):
        well.c2s(TEXT, b"x" * i)
        well.s2c(BINARY, b"y" * 300 * i)
    well.c2s(PING, b"?")
    well.s2c(PONG, b"?")
    well.s2c(CLOSE, close_payload(1001, "bye"))
    well.c2s(CLOSE, close_payload(1001, "bye"))
    well.close()
    unmasked = Pair(port).upgrade("/unmasked")
    for i in range(3):
        unmasked.c2s(TEXT, b"hello")
        unmasked.s2c(TEXT, b"hello")
    unmasked.c.sock.sendall(frame(TEXT, b"not masked"))
    unmasked.s.recv()
    unmasked.close()
    refused = Pair(port)
    refused.request(b"GET /no HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    b"Sec-WebSocket-Version: 13\r\n\r\n")
    refused.response(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    refused.close()
    tls = Pair(port)
    tls.c.sock.sendall(b"\x16\x03\x01\x00\x45" + b"hello" * 14)
    tls.s.sock.recv(75, socket.MSG_WAITALL)
    tls.close()
    half_closed = Pair(port).upgrade("/half-closed")
    half_closed.c2s(TEXT, b"last words")
    time.sleep(0.1)  # silence before the first FIN must differ from that after it
    half_closed.s.sock.shutdown(socket.SHUT_WR)
    time.sleep(0.5)
    half_closed.close()
    reset = Pair(port).upgrade("/reset")
    reset.c2s(TEXT, b"last words")
    reset.s.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reset.s.close()
    reset.c.close()


@pytest.mark.parametrize("options", (("-q",), ("--only", "verdict")), ids=" ".join)
def test_every_line_is_the_same_as_live(wstrace, tcpdump, port, options):
    dump = tcpdump(port)
    w = wstrace("-p", port, *options)
    sick_connections(port)
    w.wait("verdict", 5)
    path = dump.stop(6)
    live, got = w.stop().events, read(*options, "-p", port, "-r", path)
    assert [e["rule"] for e in of(got, "verdict", conn=2)] == ["mask-c2s"]
    same_events(live, got)


def test_ipv6(wstrace, tcpdump, port):
    dump = tcpdump(port)
    w = wstrace("-p", port, "-s", "10")
    pair = Pair(port, "::1").upgrade()
    for i in range(10):
        pair.c2s(TEXT, b"x" * i)
        pair.s2c(BINARY, b"y" * i * 7000)
    pair.close()
    w.wait("close")
    live, got = w.stop().events, read("-s", "10", "-r", dump.stop())
    same_connection(live, got)
    assert frames(got) == frames(live)
    assert of(got, "open")[0]["local"] == f"[::1]:{port}"


@pytest.mark.parametrize("args", [[], ["-y", "LINUX_SLL"]], ids=["SLL2", "SLL"])
def test_cooked(wstrace, tcpdump, py_server, args):
    server = py_server()
    dump = tcpdump(server.port, *args, interface="any")
    w = wstrace("-p", server.port)
    talk(ws_connect(server.port))
    w.wait("close")
    live, got = w.stop().events, read("-r", dump.stop())
    same_connection(live, got)
    assert frames(got) == frames(live)


def test_packets_cut_off(wstrace, tcpdump, port):
    """-s 96 keeps 30 bytes of payload: both heads are cut, no frame's header is."""
    dump = tcpdump(port, "-s", "96")
    w = wstrace("-p", port)
    pair = Pair(port).upgrade("/cut?of=f")
    for i in range(20):
        pair.c2s(TEXT, os.urandom(50 * i))
        pair.s2c(BINARY, os.urandom(3000 * i))
    pair.close()
    w.wait("close")
    live, got = w.stop().events, read("-r", dump.stop())
    assert frames(got, WITHOUT_PAYLOAD) == frames(live, WITHOUT_PAYLOAD)
    request, response = of(got, "request")[0], of(got, "response")[0]
    assert request["target"] == "/cut?of=[redacted]" and request["truncated"]
    assert response["status"] == 101 and response["upgrade"] and response["truncated"]


def test_capture_started_midstream(wstrace, tcpdump, py_server):
    server = py_server()
    w = wstrace("-p", server.port)
    ws = ws_connect(server.port)
    for i in range(5):
        ws.send(TEXT, b"before")
        ws.message()
    w.wait("frame", 10)
    dump = tcpdump(server.port)
    talk(ws, 5)
    w.wait("close")
    live, got = w.stop().events, read("-r", dump.stop())
    opened = of(got, "open")
    assert [o["midstream"] for o in opened] == [True]
    assert opened[0]["local"].endswith(f":{server.port}")
    fields = [f for f in WITHOUT_PAYLOAD if f != "offset"]
    seqs = {e["seq"] for e in of(got, "frame")}
    want = [f for f in of(live, "frame")][10:]
    assert seqs == {f["seq"] for f in want}
    assert sorted(str([e.get(k) for k in fields]) for e in of(got, "frame")) == \
           sorted(str([e.get(k) for k in fields]) for e in want)


def records(path):
    """Returns a pcap's header, and the headers and bytes of its packets."""
    data = path.read_bytes()
    at, found = 24, []
    while at < len(data):
        n, = struct.unpack_from("<I", data, at + 8)
        found.append((data[at:at + 16], data[at + 16:at + 16 + n]))
        at += 16 + n
    return data[:24], found


def capture(tcpdump, server):
    dump = tcpdump(server.port)
    talk(ws_connect(server.port))
    return dump.stop()


def test_packets_out_of_order_and_twice(tcpdump, py_server, tmp_path):
    path = capture(tcpdump, py_server())
    want = read("-s", "full", "-r", path)
    head, packets = records(path)
    for n in range(20):
        rnd = random.Random(n)
        # The handshake stays in front: a round trip is between it and all others.
        mixed = [p for _, p in sorted((i + rnd.random() * 6 * (i > 2), p)
                                      for i, p in enumerate(packets))]
        for i in range(4, len(mixed), 7):
            mixed[i:i] = [mixed[i - 3]]
        times = [packets[i * len(packets) // len(mixed)][0][:8] for i in range(len(mixed))]
        (tmp_path / "mixed.pcap").write_bytes(
            head + b"".join(t + h[8:] + p for t, (h, p) in zip(times, mixed)))
        assert frames(read("-s", "full", "-r", tmp_path / "mixed.pcap")) == frames(want)


def test_packets_missing(tcpdump, py_server, tmp_path):
    path = capture(tcpdump, py_server())
    want = {(f["dir"], f["seq"]): f for f in of(read("-r", path), "frame")}
    head, packets = records(path)
    for n in range(20):
        rnd = random.Random(n)
        some = [p for i, p in enumerate(packets) if i < 8 or rnd.random() > 0.1]
        (tmp_path / "some.pcap").write_bytes(head + b"".join(h + p for h, p in some))
        got = of(read("-r", tmp_path / "some.pcap"), "frame")
        assert len(got) >= len(want) // 3
        for f in got:
            known = want[f["dir"], f["seq"]]
            assert [f.get(k) for k in WITHOUT_PAYLOAD] == [known.get(k) for k in WITHOUT_PAYLOAD]


def test_several_files(tcpdump, py_server, tmp_path):
    """Two captures of one connection, each with half the packets, and another connection."""
    server, other = py_server(), None
    path = capture(tcpdump, server)
    other = capture(tcpdump, server)
    want = read("-s", "full", "-r", path)
    head, packets = records(path)
    for n in range(2):
        (tmp_path / f"half{n}").write_bytes(
            head + b"".join(h + p for i, (h, p) in enumerate(packets) if i < 2 or i % 2 == n))
    got = read("-s", "full", "-r", tmp_path / "half0", tmp_path / "half1", "-r", path)
    assert frames(got) == frames(want)
    assert len(of(got, "open")) == 1 and of(got, "close")[0]["retrans"] == 0
    both = read("-r", path, other)
    assert len(of(both, "open")) == 2
    times = [e["ts"] for e in both if e["type"] in ("open", "request", "close")]
    assert times == sorted(times)


def test_pcapng_and_standard_input(tcpdump, py_server, tmp_path):
    path = capture(tcpdump, py_server())
    want = read("-r", path)
    subprocess.run([program("tshark"), "-r", path, "-w", tmp_path / "x.pcapng"], check=True,
                   stderr=subprocess.DEVNULL)
    assert (tmp_path / "x.pcapng").read_bytes()[:4] == b"\n\r\r\n"
    assert frames(read("-r", tmp_path / "x.pcapng")) == frames(want)
    assert frames(read("-r", "-", input=path.read_bytes())) == frames(want)


def test_pipe_is_followed(port, spawn):
    """The events of a running tcpdump are shown at once."""
    dump = spawn(program("tcpdump"), "-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-w", "-",
                 "tcp port", str(port), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: b"listening on" in dump.stderr.readline(), "tcpdump")
    reader = spawn(WSTRACE, "-j", "-r", "-", stdin=dump.stdout, stdout=subprocess.PIPE)
    pair = Pair(port).upgrade()
    pair.c2s(TEXT, b"hello")
    while json.loads(reader.stdout.readline())["type"] != "frame":
        pass
    pair.close()
    while json.loads(reader.stdout.readline())["type"] != "close":
        pass
    assert end_process(reader, signal.SIGINT) == 0


def test_histograms_and_filters(tcpdump, py_server):
    server = py_server()
    path = capture(tcpdump, server)
    close = of(read("-H", "-r", path), "close")[0]
    assert close["c2s"]["msg_size"]["count"] == close["c2s"]["messages"] == 21
    assert close["reply_time"]["count"] and close["ping_rtt"]["count"] == 1
    assert of(read("-p", server.port, "--host", "127.0.0.1", "-r", path), "frame")
    assert not of(read("-p", server.port + 1, "-r", path), "open")
    assert not of(read("--host", "10.0.0.0/8", "-r", path), "open")
    assert len(of(read("-n", "3", "-r", path), "frame")) == 3
    assert {e["type"] for e in read("--only", "close", "-r", path)} == {"start", "close", "end"}
    text = subprocess.run([WSTRACE, "-r", path], capture_output=True, check=True).stdout.decode()
    assert " ended TCP" in text and "101 Switching Protocols" in text


def test_damaged_files(tcpdump, py_server, tmp_path):
    path = capture(tcpdump, py_server())
    whole = read("-r", path)
    (tmp_path / "cut").write_bytes(path.read_bytes()[:-100])
    got = read("-r", tmp_path / "cut", status=1)
    assert "cut to its end: truncated" in read.stderr and "packets were read" in read.stderr
    assert 0 < len(of(got, "frame")) <= len(of(whole, "frame"))
    for bad in (b"", b"no capture", path.read_bytes()[:20]):
        (tmp_path / "bad").write_bytes(bad)
        assert read("-r", tmp_path / "bad", status=1) == []
        assert read.stderr.startswith("wstrace: cannot read ")
    assert read("-r", tmp_path / "missing", status=1) == []
    assert "No such file" in read.stderr


@pytest.mark.unprivileged
@pytest.mark.parametrize("place", range(3))
def test_file_that_cannot_be_read_does_not_keep_the_others_from_being_read(made, tmp_path, place):
    good = [made("unmasked"), made("chain")]
    want = read("-r", *good)
    (tmp_path / "text").write_bytes(b"no capture at all")
    for bad, why in (("missing", "No such file or directory"), ("", "Is a directory"),
                     ("text", "unknown file format")):
        files = good[:place] + [tmp_path / bad] + good[place:]
        assert read("-r", *files, status=1)[1:] == want[1:]  # start has the names
        assert read.stderr.startswith(f"wstrace: cannot read {tmp_path / bad}: ")
        assert why in read.stderr.splitlines()[0]
        assert read.stderr.splitlines()[-1].startswith("wstrace: 6 connections, ")


@pytest.mark.unprivileged
def test_file_that_ends_too_soon_does_not_keep_the_others_from_being_read(made, tmp_path):
    cut, good = tmp_path / "cut", made("chain")
    cut.write_bytes(made("unmasked").read_bytes()[:-10])
    got = read("-r", cut, good, status=1)
    assert f"wstrace: cannot read {cut} to its end: " in read.stderr
    assert len(of(got, "frame")) == 7 + len(of(read("-r", good), "frame"))


@pytest.mark.unprivileged
@pytest.mark.parametrize("options", ((), ("-q",), ("--only", "verdict")), ids=" ".join)
def test_frame_that_breaks_a_rule_is_found_without_showing_frames(made, options):
    got = read(*options, "-r", made("unmasked"))
    assert [e["rule"] for e in of(got, "verdict")] == ["mask-c2s"]


@pytest.mark.unprivileged
def test_silence_is_counted_to_the_first_fin(made):
    got = read("-r", made("half_closed"))
    close, = of(got, "close")
    assert close["idle_us"] == 500_000 and close["duration_us"] == 61_399_600
    assert [e["rule"] for e in of(got, "verdict")] == ["no-goodbye"]


@pytest.mark.unprivileged
def test_head_that_is_kept_in_part_is_written_as_long_as_it_was(made, tmp_path):
    path, again = made("long_head"), tmp_path / "again.pcapng"
    want = read("-r", path, "-w", again)
    assert frames(read("-r", again)) == frames(want) and len(of(want, "frame")) == 5

    def tshark(file, *fields):
        out = subprocess.run([program("tshark"), "-r", file, "-T", "fields",
                              *(x for f in fields for x in ("-e", f))],
                             capture_output=True, check=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def sent(file):
        return [sum(int(n) for port, n in tshark(file, "tcp.srcport", "tcp.len") if port == p)
                for p in ("5000", "80")]

    assert sent(again) == sent(path)
    notes = tshark(again, "frame.comment", "tcp.analysis.flags")
    assert not any("are lost" in comment or flags for comment, flags in notes)


@pytest.mark.unprivileged
def test_page_names_every_proxy_that_it_has_help_for(made, tmp_path):
    read("-r", made("no_upgrade"), "--report", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<dt>lighttpd</dt>" in page and "(null)" not in page


@pytest.mark.unprivileged
@pytest.mark.parametrize("args", [["--pid", "1"], ["--comm", "a"], ["--backend", "kprobe"],
                                  ["--ringbuf", "4"], ["--max-conns", "5"], ["--check"],
                                  ["--btf", "x"], ["--top"]], ids=lambda a: a[0])
def test_options_of_tracing_are_wrong_usage(args):
    read("-r", "x", *args, status=2)
    assert f"{args[0]} is for tracing: it does not go with -r" in read.stderr


@pytest.mark.parametrize("magic, name, reader", (
    (b"\x28\xb5\x2f\xfd", "zstd", "zstdcat"),
    (b"\xfd7zXZ\x00", "xz", "xzcat"),
    (b"BZh9", "bzip2", "bzcat"),
    (b"\x04\x22\x4d\x18", "lz4", "lz4cat")))
def test_compressed_file_is_told_with_what_reads_it(tmp_path, magic, name, reader):
    """A compressed capture is named as such, with the command that unpacks it."""
    path = tmp_path / "packed"
    path.write_bytes(magic + bytes(64))
    run = subprocess.run([WSTRACE, "-r", str(path)], capture_output=True, text=True, timeout=LIMIT)
    assert run.returncode == 1
    assert f"compressed by {name}: {reader} FILE | wstrace -r -" in run.stderr
