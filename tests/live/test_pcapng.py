# SPDX-License-Identifier: GPL-2.0-only
"""-w: tshark, told only that all ports speak HTTP, shows what NDJSON of the same run has."""
import base64
import collections
import os
import pty
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading

import pytest

from conftest import BACKEND, LIMIT, WSTRACE, Lines, is_free, program, wait_until
from wire import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Pair, close_payload, frame, request_head,
                  response_head, ws_connect)

FIELDS = ("frame.number", "frame.protocols", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport",
          "tcp.flags", "tcp.seq_raw", "frame.interface_name", "frame.interface_description",
          "frame.comment", "tcp.analysis.flags", "_ws.malformed", "tcp.checksum.status",
          "ip.checksum.status", "_ws.col.Info", "http.request.uri", "http.response.code",
          "websocket.fin", "websocket.rsv", "websocket.opcode", "websocket.mask",
          "websocket.payload_length", "websocket.payload_length_ext_16",
          "websocket.payload_length_ext_64", "websocket.masking_key",
          "websocket.payload.close.status_code")
FIN, RST = 1, 4

Frame = collections.namedtuple("Frame", "opcode fin rsv masked mask len code")


# Clients get ports that tshark takes for another protocol's, at times: 44818, 48898, 57000.
ALL_HTTP = ("-d", "tcp.port==1024-65535,http")


def tshark(path, *args, ports=ALL_HTTP):
    done = subprocess.run([program("tshark"), "-r", path, "-n", *ports, *args],
                          capture_output=True, timeout=8 * LIMIT, check=False)
    errors = [x for x in done.stderr.decode().splitlines() if "Running as user" not in x]
    assert done.returncode == 0 and not errors, errors
    return done.stdout.decode("utf-8", "replace")


def rows(path, display_filter, *fields, **kw):
    out = tshark(path, "-Y", display_filter, "-T", "fields",
                 *(x for f in fields for x in ("-e", f)), **kw)
    return [dict(zip(fields, line.split("\t"))) for line in out.splitlines()]


class File:
    """What tshark shows of a file. It must complain about no packet."""

    def __init__(self, path, trouble=()):
        out = tshark(path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
                     "-T", "fields", *(x for f in FIELDS for x in ("-e", f)))
        self.packets = [dict(zip(FIELDS, line.split("\t"))) for line in out.splitlines()]
        self.streams = {}  # client: [tcp.stream, ...]
        self.frames = {}  # client: {dir: [Frame]}
        clients = {}
        for p in self.packets:
            flags = p["tcp.analysis.flags"] and p["_ws.col.Info"]
            assert not flags or any(x in flags for x in trouble), p
            assert not p["_ws.malformed"], p
            assert p["tcp.checksum.status"] in ("1", "2") and p["ip.checksum.status"] in "12", p
            addr = p["ip.src"] or f"[{p['ipv6.src']}]"
            source = f"{addr}:{p['tcp.srcport']}"
            if p["tcp.stream"] not in clients:
                assert int(p["tcp.flags"], 0) == 2, f"not a SYN: {p}"
                clients[p["tcp.stream"]] = source
                self.streams.setdefault(source, []).append(int(p["tcp.stream"]))
                self.frames.setdefault(source, {"c2s": [], "s2c": []})
            if self.is_frame(p):
                client = clients[p["tcp.stream"]]
                self.frames[client]["c2s" if source == client else "s2c"].append(seen(p))

    @staticmethod
    def is_frame(p):
        return "websocket" in p["frame.protocols"]

    def of(self, **fields):
        """Returns packets whose fields contain these values; _ stands for a dot."""
        return [p for p in self.packets
                if all(v in p[k.replace("_", ".")] for k, v in fields.items())]

    def heads(self):
        return [p for p in self.packets if p["http.request.uri"] or p["http.response.code"]]

    def uris(self):
        return [p["http.request.uri"] for p in self.packets if p["http.request.uri"]]

    def count(self):
        return sum(self.is_frame(p) for p in self.packets)

    def with_flag(self, flag):
        return [p for p in self.packets if int(p["tcp.flags"], 0) & flag]


def seen(row):
    """Returns a packet as a Frame."""
    def n(name):
        text = row[f"websocket.{name}"]  # from 4.2 on booleans read True and False
        return {"": 0, "True": 1, "False": 0}[text] if text in ("", "True", "False") else int(text, 0)

    length = n("payload_length")
    if length > 125:
        length = n("payload_length_ext_16" if length == 126 else "payload_length_ext_64")
    key = row["websocket.masking_key"].replace(":", "").removeprefix("0x")
    return Frame(n("opcode"), n("fin"), n("rsv"), n("mask"), key or None, length,
                 n("payload.close.status_code") or None)


def said(e):
    """Returns a frame event as a Frame."""
    return Frame(e["opcode"], int(e["fin"]), e["rsv"], int(e["masked"]), e.get("mask"), e["len"],
                 e.get("code"))


def client_of(opened):
    return opened["remote" if opened["role"] == "server" else "local"]


def same_as(run, path, heads=None, **kw):
    """Asserts that the file shows what the run's NDJSON does. Returns the File."""
    f = File(path, **kw)
    for opened in run.of("open"):
        got = f.frames.get(client_of(opened), {"c2s": [], "s2c": []})
        for direction in ("c2s", "s2c"):
            assert got[direction] == [said(e) for e in run.frames(opened["conn"], direction)]
    assert set(f.frames) <= {client_of(e) for e in run.of("open")}
    if heads is None:
        heads = len(run.of("request")) + len(run.of("response"))
    assert len(f.heads()) == heads
    return f


def followed(path, stream):
    """Returns what Follow Stream shows: {dir: bytes}; the client speaks first."""
    out = tshark(path, "-q", "-z", f"follow,tcp,raw,{stream}")
    found = {"c2s": b"", "s2c": b""}
    lines = out.splitlines()
    start = next(i for i, x in enumerate(lines) if x.startswith("Node 1:"))
    for line in lines[start + 1:]:
        if re.fullmatch(r"\t?[0-9a-f]+", line):
            found["s2c" if line[0] == "\t" else "c2s"] += bytes.fromhex(line.strip())
    return found


def same_contents(run, path, f):
    """Asserts that each stream is its head and the frames of NDJSON, byte for byte."""
    for opened in run.of("open"):
        contents = followed(path, f.streams[client_of(opened)][0])
        for d in ("c2s", "s2c"):
            want = b"".join(frame(e["opcode"], payload(e), e["fin"], e["rsv"],
                                  bytes.fromhex(e["mask"]) if e["masked"] else None)
                            for e in run.frames(opened["conn"], d))
            head, got = contents[d].split(b"\r\n\r\n", 1)
            assert head[:5] in (b"GET /", b"HTTP/") and got == want


def payload(e):
    return e["payload"].encode() if "payload" in e else base64.b64decode(e["payload_b64"])


def file_size(path):
    return path.stat().st_size if path.exists() else 0


def exchange(pair, sizes, rng=random):
    """Sends frames of these sizes both ways; a thread reads, since they may be large."""
    for n in sizes:
        for a, b in ((pair.c, pair.s), (pair.s, pair.c)):
            t = threading.Thread(target=b.recv)
            t.start()
            a.send(BINARY, rng.randbytes(n))
            t.join()


SIZES = (0, 1, 15, 16, 17, 125, 126, 1000, 65535, 65536, 70000, 2 << 20)


@pytest.mark.quick
@pytest.mark.parametrize("snap", ("0", "16", "full"))
@pytest.mark.parametrize("host", ("127.0.0.1", "::1"))
def test_all_sizes(port, wstrace, tmp_path, request, snap, host):
    if ":" in host:
        request.getfixturevalue("ipv6")
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-s", snap, "-w", path)
    p = Pair(port, host).upgrade("/chat")
    exchange(p, SIZES)
    for i in range(150):
        p.s2c(TEXT, b"x" * i)
    p.c2s(TEXT, b"a" * 40, fin=False)
    p.c2s(PING, b"between")
    p.s2c(PONG, b"between")
    p.c2s(CONT, b"b" * 40)
    p.c2s(CLOSE, close_payload(4001, "bye"))
    p.s2c(CLOSE, close_payload(4001))
    p.close()
    w.wait("close")
    run = w.stop()
    seen_all = same_as(run, path)
    if snap == "0":
        assert file_size(path) < (132 if ":" in host else 112) * len(run.frames()) + 2000
    if snap == "full":
        same_contents(run, path, seen_all)
    head, = [p for p in seen_all.packets if p["http.request.uri"]]
    assert head["frame.interface_name"].endswith(f"[{os.getpid()}]")
    with open("/proc/self/cgroup") as f:
        cgroup = next((x[3:].strip() for x in f if x.startswith("0::")), None)
    assert head["frame.interface_description"].startswith(f"pid={os.getpid()} comm=")
    if cgroup:
        assert head["frame.interface_description"].endswith(f" cgroup={cgroup}")
    assert head["http.request.uri"] == "/chat"
    assert int(head["tcp.seq_raw"]) == run.one("request")["seq"]


def test_client_on_a_port_of_another_protocol(port, wstrace, tmp_path, monkeypatch):
    client = next(p for p in (44818, 48898, 57000) if is_free(p))
    connect = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda addr, **kw: connect(
        addr, source_address=("127.0.0.1", client), **kw))
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    p = Pair(port).upgrade()
    exchange(p, (5, 200))
    p.close()
    w.wait("close")
    assert same_as(w.stop(), path).count() == 4
    assert not rows(path, "websocket", "frame.number", ports=())


@pytest.mark.parametrize("snap", ("0", "16", "full"))
def test_proxied_legs(echo_server, nginx, wstrace, tmp_path, snap):
    """Real servers, real clients, and both legs of nginx in one file."""
    server = echo_server()
    front = nginx(server.port)
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", f"{front},{server.port}", "-s", snap, "-w", path)
    for i in range(3):
        ws = ws_connect(front, f"/room/{i}")
        for n in (0, 5, 125, 126, 4000, 65536, 300000):
            ws.send(BINARY, os.urandom(n))
            assert len(ws.message()) == n
        ws.send(TEXT, "ping")
        assert ws.message() == b"ping"
        ws.send(CLOSE, close_payload(1000, "done"))
        ws.sock.settimeout(LIMIT)
        while ws.sock.recv(4096):
            pass
        ws.close()
    w.wait("close", 6)
    run = w.stop()
    f = same_as(run, path)
    if snap == "full":
        same_contents(run, path, f)


@pytest.mark.parametrize("snap", ("0", "16", "full"))
def test_deflate(node_server, wstrace, tmp_path, snap):
    """tshark inflates compressed messages that are complete, and calls none malformed."""
    server = node_server("deflate")
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", server.port, "-s", snap, "-w", path)
    client = subprocess.run([program("node"), "-e", """
        const WebSocket = require('ws');
        const ws = new WebSocket('ws://127.0.0.1:' + process.argv[1], { perMessageDeflate: { threshold: 0 } });
        let n = 0;
        const next = () => ++n > 20 ? ws.close(1000) : ws.send(('message ' + n + ' ').repeat(n * 30));
        ws.on('open', next); ws.on('message', next);""", str(server.port)],
        env={**os.environ, "NODE_PATH": "/usr/share/nodejs"}, timeout=LIMIT, check=False)
    assert client.returncode == 0
    w.wait("close")
    run = w.stop()
    assert sum(e["rsv"] == 4 for e in run.frames()) == 40
    same_as(run, path)
    assert not rows(path, "_ws.expert.severity >= 0x600000 && websocket", "frame.number")
    if snap == "full":
        assert tshark(path, "-V", "-Y", "websocket").count("message 20 message 20 ") >= 2


@pytest.mark.quick
def test_midstream(port, wstrace, tmp_path):
    path = tmp_path / "f.pcapng"
    p = Pair(port).upgrade()
    p.c2s(TEXT, "before")
    w = wstrace("-p", port, "-s", "16", "-w", path)
    w.wait("open")
    exchange(p, (5, 100, 3000, 5, 5, 70000, 5, 5))
    p.close()
    w.wait("close")
    run = w.stop()
    assert run.one("open")["midstream"] and len(run.frames()) >= 12
    f = same_as(run, path, heads=2)
    assert len(f.of(frame_comment="synthetic: ")) == 2
    assert len(f.of(frame_comment="there before")) == 1


def comments(path):
    """Returns the comments of each stream, without those of its first packet."""
    found = {}
    for r in rows(path, "frame.comment", "tcp.stream", "frame.comment", "_ws.col.Info"):
        if "[SYN]" not in r["_ws.col.Info"]:
            found.setdefault(int(r["tcp.stream"]), []).append(r["frame.comment"])
    return found


@pytest.mark.quick
def test_verdicts_are_comments(port, wstrace, tmp_path):
    """Verdicts are comments on the next packet, or on an extra one if none follows."""
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    p = Pair(port).upgrade("/bye")
    p.c2s(TEXT, "hello")
    p.s.close(), p.c.close()
    p = Pair(port).upgrade("/reset")
    p.c2s(TEXT, "hello")
    p.s.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    p.s.close(), p.c.close()
    talks = Pair(port).upgrade("/talks", response_headers=[("Sec-WebSocket-Protocol", "x")])
    talks.c2s(TEXT, "hello")
    silent = Pair(port).upgrade("/silent", response_headers=[("Sec-WebSocket-Protocol", "y")])
    w.wait("verdict", 4)
    run = w.stop()
    talks.close(), silent.close()
    same_as(run, path)  # tshark complains about no packet
    found = comments(path)
    for stream, rule in enumerate(("no-goodbye", "reset", "subprotocol", "subprotocol")):
        verdict, = [v for v in run.of("verdict", conn=stream + 1) if v["rule"] == rule]
        comment, = found[stream]
        assert comment.startswith(f"{verdict['severity']} {rule}: {verdict['text']}"), found
        assert f"fix: {verdict['fix']}" in comment
    # reading the file and writing it again gives the same verdicts
    again = tmp_path / "again.pcapng"
    subprocess.run([WSTRACE, "-q", "-r", path, "-w", again], check=True, capture_output=True)
    File(again)
    assert {k: len(v) for k, v in comments(again).items()} == {0: 1, 1: 1, 2: 1, 3: 1}


def resets(port, here, n):
    """Makes n connections from the same port, one after the other; the server resets each."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        for i in range(n):
            c = socket.socket()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            c.bind(("127.0.0.1", here))
            c.connect(("127.0.0.1", port))
            s, _ = listener.accept()
            c.sendall(request_head(f"/{i}"))
            s.recv(65536)
            s.sendall(response_head() + b"\x81\x02hi")
            c.recv(65536)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close(), c.close()


def test_verdict_on_reused_ports(port, free_port, wstrace, tmp_path):
    """A late verdict on the old connection is not put into the new one."""
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    resets(port, free_port(), 3)
    w.wait("verdict", 3)
    w.stop()
    File(path, trouble=["Port numbers reused"])
    found = comments(path)
    assert list(found) == [2] and "reset" in found[2][0]


def test_port_of_another_protocol(wstrace, tmp_path):
    """Wireshark takes some ports for other protocols; wstrace says so, and how to avoid it."""
    port = next(p for p in (6001, 6005, 6060, 9009, 9092, 7000, 21064, 22222) if is_free(p))
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    for _ in range(2):
        p = Pair(port).upgrade()
        exchange(p, (5, 100))
        p.close()
    w.wait("close", 2)
    run = w.stop()
    assert not rows(path, "websocket", "frame.number", ports=())
    option, = re.findall(rf"port {port} for another protocol's: read the file with (-o \S+)", run.stderr)
    shown = rows(path, "websocket", "frame.number", ports=option.split())
    assert len(shown) == len(run.frames()) == 8


def test_connection_refused(port, wstrace, tmp_path):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    with socket.socket() as s:
        assert s.connect_ex(("127.0.0.1", port))
    w.wait("close")
    w.stop()
    assert [int(p["tcp.flags"], 0) for p in File(path).packets] == [0x02, 0x14]


@pytest.mark.parametrize("who", ("server", "client"))
def test_reset(port, wstrace, tmp_path, who):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "hello")
    end = p.s if who == "server" else p.c
    end.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
    w.wait("close")
    p.c.close(), p.s.close()
    run = w.stop()
    f = same_as(run, path)
    last, = f.with_flag(RST)
    assert (int(last["tcp.srcport"]) == port) == (who == "server")
    assert not f.with_flag(FIN)


def test_both_ends_are_written_once(port, wstrace, tmp_path):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "--side", "both", "-s", "full", "-w", path)
    p = Pair(port).upgrade()
    exchange(p, (5, 100, 70000))
    p.close()
    w.wait("close", 2)
    run = w.stop()
    assert len(run.of("open")) == 2 and len(run.frames()) == 12
    f = File(path)
    assert f.count() == 6 and len(f.heads()) == 2


def test_path_chooses_connections(port, wstrace, tmp_path):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "--path", "/wanted*", "-w", path)
    for target in ("/other", "/wanted/1", "/wrong"):
        p = Pair(port)
        if target == "/wanted/1":
            p.request(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
            p.response(b"HTTP/1.1 204 No Content\r\n\r\n")
        p.upgrade(target)
        p.c2s(TEXT, target)
        p.close()
    w.wait("close")
    run = w.stop()
    assert same_as(run, path).uris() == ["/wanted/1"]


@pytest.mark.parametrize("options", (("-q",), ("--only", "close")))
def test_text_is_filtered_and_the_file_is_not(port, wstrace, tmp_path, options):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path, *options)
    p = Pair(port).upgrade()
    exchange(p, (5, 100, 70000))
    p.close()
    w.wait("close")
    run = w.stop()
    assert not run.frames()
    f = File(path)
    assert f.count() == 6 and len(f.heads()) == 2


def test_count_ends_text_and_file_alike(port, wstrace, tmp_path):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-n", 4, "-s", "16", "-w", path)
    p = Pair(port).upgrade()
    exchange(p, (5, 100, 70000))
    run = w.finished()
    p.close()
    assert run.status == 0 and len(run.frames()) == 4
    same_as(run, path)
    assert b"Number of stat entries = 1" in subprocess.run(
        [program("capinfos"), path], capture_output=True, check=True).stdout


SECRETS = (b"query-secret", b"bare-secret", b"cookie-secret", b"set-secret", b"auth-secret",
           b"folded-secret", b"proxy-secret", b"late-secret", b"x-secret")


@pytest.mark.parametrize("shown", (False, True))
def test_secrets(port, wstrace, tmp_path, shown):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path, *(["--show-secrets"] if shown else []))
    p = Pair(port)
    many = [(f"X-{i}", "v") for i in range(300)]
    target = "/ws?token=query-secret&bare-secret&a=&b=x-secret"
    p.upgrade(target, [("Cookie", "a=cookie-secret"),
                       ("authorization", "Bearer auth-secret\r\n\tfolded-secret"),
                       *many, ("Proxy-Authorization", "proxy-secret"), ("cookie", "late-secret")],
              [("Set-Cookie", "id=set-secret; Path=/")])
    p.c2s(TEXT, "hello")
    p.close()
    w.wait("close")
    run = w.stop()
    f = same_as(run, path)
    data = path.read_bytes()
    for secret in SECRETS:
        assert (secret in data) == shown, secret
    assert (b"[redacted]" in data) != shown
    assert [len(x) for x in f.uris()] == [len(target)]


def test_by_size(port, wstrace, tmp_path):
    path = tmp_path / "f"
    w = wstrace("-p", port, "-s", "full", "-w", path, "-C", 1)
    p = Pair(port).upgrade("/rotated")
    rng = random.Random(1)
    exchange(p, [rng.choice((5, 5000, 150000, 400000)) for _ in range(30)], rng)
    p.close()
    w.wait("close")
    run = w.stop()
    files = [path] + [tmp_path / f"f{i}" for i in range(1, 100)]
    files = [f for f in files if f.exists()]
    assert len(files) >= 3
    got = {"c2s": [], "s2c": []}
    for f in files:
        assert file_size(f) < 2000000
        seen_in = File(f)
        assert seen_in.uris() == ["/rotated"]
        for found in seen_in.frames.values():
            for d, some in found.items():
                got[d] += some
    for d in ("c2s", "s2c"):
        assert got[d] == [said(e) for e in run.frames(dir=d)]


def test_no_file_for_counters(port, wstrace, tmp_path):
    """Counters (-i) alone do not begin a new file; the next packet does."""
    w = wstrace("-p", port, "-s", "full", "-w", tmp_path / "f", "-C", 1, "-i", 1)
    p = Pair(port).upgrade("/counted")
    exchange(p, [300000] * 2)
    w.wait("frame", 4)
    seen_before = len(w.events())
    wait_until(lambda: len([e for e in w.events()[seen_before:] if e["type"] == "stats"]) > 1,
               "counters of the silent connection")
    assert [f.name for f in tmp_path.iterdir()] == ["f"]
    p.close()
    w.wait("close")
    w.stop()
    assert File(tmp_path / "f1").uris() == ["/counted"]


def test_by_size_keeps_some(port, wstrace, tmp_path):
    path = tmp_path / "f"
    w = wstrace("-p", port, "-s", "full", "-w", path, "-C", 1, "-W", 2)
    p = Pair(port).upgrade()
    exchange(p, [300000] * 12)
    p.close()
    w.wait("close")
    w.stop()
    assert sorted(f.name for f in tmp_path.iterdir()) == ["f0", "f1"]
    assert sum(File(f).count() for f in tmp_path.iterdir()) >= 4


def test_by_time_stops_after_some(port, wstrace, tmp_path):
    w = wstrace("-p", port, "-w", tmp_path / "f%s", "-G", 1, "-W", 2)
    p = Pair(port).upgrade()

    def talk():
        p.c2s(TEXT, "tick")
        return w.proc.poll() is not None

    wait_until(talk, "the end after two files")
    p.close()
    run = w.finished()
    assert run.status == 0
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    n = sum(File(f).count() for f in files)
    assert len(run.frames()) - n in (0, 1)  # one frame may have come as the last file ended


def test_by_time_ends_without_traffic(port, wstrace, tmp_path):
    w = wstrace("-p", port, "-w", tmp_path / "f", "-G", 1, "-W", 1)
    assert w.finished().status == 0
    assert not File(tmp_path / "f").packets


def start(*args, **kw):
    cmd = [WSTRACE, *map(str, args)] + (["--backend", BACKEND] if BACKEND else [])
    return subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **kw)


def ready(proc):
    line = proc.stderr.readline()
    assert b"wstrace: tracing " in line, line


def test_pipe_to_tshark(port):
    w = start("-p", port, "-w", "-", stdout=subprocess.PIPE)
    t = subprocess.Popen([program("tshark"), "-l", "-n", "-r", "-", *ALL_HTTP, "-T", "fields",
                          "-e", "websocket.opcode"], stdin=w.stdout, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    w.stdout.close()
    try:
        ready(w)
        p = Pair(port).upgrade()
        exchange(p, (5, 100, 70000))
        p.close()
        # a reader that follows sees the frames while wstrace goes on
        got = 0
        while got < 6:
            got += t.stdout.readline().strip() == b"2"
        w.send_signal(signal.SIGINT)
        assert w.wait(LIMIT) == 0
        assert t.wait(LIMIT) == 0
    finally:
        for proc in (w, t):
            proc.kill()
            proc.wait()
        t.stdout.close(), w.stderr.close()


def losses(path):
    """Returns the sums of epb_dropcount and of isb_ifdrop."""
    data, at = path.read_bytes(), 0
    sums = {6: 0, 5: 0}
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind in sums:
            opt = at + (28 + (struct.unpack_from("<I", data, at + 20)[0] + 3 & ~3) if kind == 6 else 20)
            while opt < at + size - 4:
                code, n = struct.unpack_from("<HH", data, opt)
                if code == (4 if kind == 6 else 5):
                    sums[kind] += struct.unpack_from("<Q", data, opt + 4)[0]
                opt += 4 + (n + 3 & ~3)
        at += size
    return sums[6], sums[5]


class Stuck:
    """Starts a wstrace whose reader does not read, and sends traffic until it says so."""

    def __init__(self, port, *args):
        self.w = start("-p", port, "-s", "full", "--ringbuf", 1, "-w", "-", *args,
                       stdout=subprocess.PIPE)
        ready(self.w)
        self.err = Lines(self.w.stderr)
        self.pair = Pair(port).upgrade()

    def talk(self):
        exchange(self.pair, [50000] * 4)
        return self.said("wstrace: nobody reads standard output")

    def said(self, text):
        return text in self.err.text()


def test_reader_that_is_stuck(port, tmp_path):
    """wstrace says so and counts what is lost meanwhile; the file is correct nevertheless."""
    path = tmp_path / "f.pcapng"
    stuck = Stuck(port)
    try:
        wait_until(stuck.talk, "a word about the reader")
        exchange(stuck.pair, [50000] * 40)
        with path.open("wb") as f:
            copy = threading.Thread(target=shutil.copyfileobj, args=(stuck.w.stdout, f))
            copy.start()
            wait_until(lambda: stuck.w.stdout.closed or stuck.talk() and file_size(path) > 3 << 20,
                       "a reader that reads again")
            stuck.pair.close()
            stuck.w.send_signal(signal.SIGINT)
            assert stuck.w.wait(LIMIT) == 0
            copy.join()
    finally:
        stuck.w.kill(), stuck.w.wait()
        stuck.err.join(LIMIT)
    assert stuck.err.text().count("nobody reads") == 1
    lost = int(re.search(r" (\d+) lost$", stuck.err.text(), re.M)[1])
    packets, total = losses(path)
    assert 0 < lost <= total and 0 < packets <= total
    f = File(path, trouble=["Previous segment not captured", "ACKed unseen segment"])
    assert f.count() > 20 and f.of(frame_comment="bytes before this are lost")


@pytest.mark.parametrize("how", ("SIGINT", "-d"))
def test_end_with_a_reader_that_is_stuck(port, how):
    stuck = Stuck(port, *(["-d", 4] if how == "-d" else []))
    try:
        wait_until(stuck.talk, "a word about the reader")
        if how == "SIGINT":
            stuck.w.send_signal(signal.SIGINT)
        assert stuck.w.wait(LIMIT) == 1
        wait_until(lambda: stuck.said("wstrace: cannot write standard output: nobody reads it\n"),
                   "why it failed")
    finally:
        stuck.pair.close()
        stuck.w.kill(), stuck.w.wait()
        stuck.w.stdout.close()


def test_named_pipe(port, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with open(tmp_path / "f", "wb") as f:
        cat = subprocess.Popen(["cat", tmp_path / "fifo"], stdout=f)
        w = start("-p", port, "-w", tmp_path / "fifo", stdout=subprocess.DEVNULL)
        try:
            ready(w)
            p = Pair(port).upgrade()
            exchange(p, [1000] * 20)
            p.close()
            w.send_signal(signal.SIGINT)
            assert w.wait(LIMIT) == 0 and cat.wait(LIMIT) == 0
        finally:
            w.kill(), cat.kill()
            w.wait(), cat.wait()
            w.stderr.close()
    assert File(tmp_path / "f").count() == 40


@pytest.mark.parametrize("comes", [True, False], ids=["comes", "does not come"])
def test_named_pipe_whose_reader_is_late(port, tmp_path, comes):
    os.mkfifo(tmp_path / "fifo")
    w = start("-p", port, "-w", tmp_path / "fifo", stdout=subprocess.DEVNULL)
    try:
        assert b"nobody reads" in w.stderr.readline()
        if comes:
            with open(tmp_path / "fifo", "rb") as f:
                ready(w)
                w.send_signal(signal.SIGTERM)
                assert f.read(4) == b"\x0a\x0d\x0d\x0a" and f.read()
        else:
            w.send_signal(signal.SIGTERM)
        assert w.wait(LIMIT) == (0 if comes else 1)
        assert (b"nobody reads it\n" in w.stderr.read()) != comes
    finally:
        w.kill()
        w.wait()
        w.stderr.close()


def test_reader_that_goes_away(port):
    w = start("-p", port, "-w", "-", stdout=subprocess.PIPE)
    try:
        ready(w)
        w.stdout.close()
        p = Pair(port).upgrade()
        p.c2s(TEXT, "hello")
        p.close()
        assert w.wait(LIMIT) == 0
        assert b"cannot" not in w.stderr.read()
    finally:
        w.kill()
        w.wait()
        w.stderr.close()


def test_standard_output_is_a_terminal(port):
    ours, theirs = pty.openpty()
    w = start("-p", port, "-w", "-", stdout=theirs)
    try:
        assert w.wait(LIMIT) == 2
        assert b"terminal" in w.stderr.read()
    finally:
        w.kill()
        w.stderr.close()
        os.close(ours), os.close(theirs)


def test_full_device(port):
    w = start("-p", port, "-w", "/dev/full", stdout=subprocess.DEVNULL)
    try:
        assert w.wait(LIMIT) == 1
        assert b"wstrace: cannot write /dev/full: No space left on device\n" in w.stderr.read()
    finally:
        w.kill()
        w.stderr.close()


def test_full_disk(port, tmp_path):
    """Runs wstrace with a tmpfs of 64 KiB of its own, and copies the file out of it."""
    copy, folder = tmp_path / "copy", tmp_path / "disk"
    folder.mkdir()
    script = ('mount -t tmpfs -o size=64k none "$0" || exit 99; "$@" >/dev/null; s=$?; '
              f'cp "$0/f" "{copy}"; exit $s')
    w = subprocess.Popen([program("unshare"), "-m", "sh", "-c", script, folder, WSTRACE, "-p",
                          str(port), "-s", "full", "-w", folder / "f"]
                         + (["--backend", BACKEND] if BACKEND else []),
                         stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        ready(w)
        p = Pair(port).upgrade()
        exchange(p, [3000] * 40)
        p.close()
        assert w.wait(LIMIT) == 1
        text = w.stderr.read().decode()
        assert f"wstrace: cannot write {folder}/f: No space left on device\n" in text
    finally:
        w.kill()
        w.wait()
        w.stderr.close()
    assert 10 <= File(copy).count() < 80


@pytest.mark.parametrize("when", ("before", "between files", "meanwhile"))
def test_folder_that_is_not_there(port, tmp_path, when):
    folder = tmp_path / "folder"
    if when != "before":
        folder.mkdir()
    w = start("-p", port, "-s", "full", "-w", folder / "f", *(["-C", 1] if "files" in when else []),
              stdout=subprocess.DEVNULL)
    try:
        if when != "before":
            ready(w)
            p = Pair(port).upgrade()
            (folder / "f").unlink()
            folder.rmdir()
            exchange(p, [400000] * 4)
            p.close()
        assert w.wait(LIMIT) == 1
        text = w.stderr.read().decode()
        assert re.search(rf"^wstrace: cannot write {folder}/f1?: No such file or directory$", text,
                         re.M), text
    finally:
        w.kill()
        w.wait()
        w.stderr.close()


@pytest.mark.parametrize("snap", ("0", "full"))
def test_sigkill_leaves_a_file_that_opens(port, wstrace, tmp_path, snap):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-s", snap, "-w", path)
    p = Pair(port).upgrade()
    exchange(p, (5, 100, 70000))
    size = 500 if snap == "0" else 140000
    wait_until(lambda: file_size(path) > size, "something in the file")
    w.proc.send_signal(signal.SIGKILL)
    w.proc.wait()
    p.close()
    assert File(path).count() >= 4


@pytest.mark.parametrize("how", ("SIGINT", "SIGTERM", "-d"))
def test_ends_with_its_statistics(port, wstrace, tmp_path, how):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path, *(["-d", 3] if how == "-d" else []))
    p = Pair(port).upgrade()
    p.c2s(TEXT, "hello")
    w.wait("frame")
    run = w.finished() if how == "-d" else w.stop(getattr(signal, how))
    p.close()
    assert run.status == 0
    same_as(run, path)
    info = subprocess.run([program("capinfos"), path], capture_output=True, check=True).stdout
    assert b"Number of stat entries = 1" in info and b"wstrace 0." in info


def test_text_goes_on_beside_the_file(port, wstrace, tmp_path):
    w = wstrace("-p", port, "-w", tmp_path / "f", json_output=False)
    p = Pair(port).upgrade()
    p.c2s(TEXT, "hello")
    p.close()
    wait_until(lambda: " ended TCP" in w.out.text(), "the close on standard output")
    w.stop()
    assert " text " in w.out.text() and "101 Switching" in w.out.text()


def test_long_heads_are_cut_and_do_no_harm(port, wstrace, tmp_path):
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    p = Pair(port).upgrade("/long", [("X-Long", "v" * 40000)])
    p.c2s(TEXT, "hello")
    p.s2c(TEXT, "hello")
    p.close()
    w.wait("close")
    run = w.stop()
    assert not same_as(run, path).of(frame_comment="lost")


def test_port_reuse(port, free_port, wstrace, tmp_path):
    """Connections between the same two ports, one after the other."""
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    resets(port, free_port(), 4)
    w.wait("close", 4)
    run = w.stop()
    # tshark notes rightly that ports are used again
    f = File(path, trouble=["Port numbers reused"])
    assert len(run.frames()) == 4 and f.count() == 4
    assert f.uris() == [f"/{i}" for i in range(4)]


def test_a_length_that_nobody_sends(port, wstrace, tmp_path):
    """A header may claim 2^63 - 1 bytes: the file does not grow by them."""
    path = tmp_path / "f.pcapng"
    w = wstrace("-p", port, "-w", path)
    p = Pair(port).upgrade()
    p.c.sock.sendall(b"\x82\xff" + struct.pack("!Q", 2**63 - 1) + b"mask" + b"x" * 50)
    p.s.sock.recv(14)
    w.wait("frame")
    p.close()
    w.wait("close")
    w.stop()
    assert file_size(path) < 20000
    assert len(rows(path, "frame", "frame.number")) < 100
