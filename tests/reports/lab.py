# SPDX-License-Identifier: GPL-2.0-only
"""Where reports are rebuilt: programs, raw sockets, networks, and wstrace and tcpdump watching."""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import queue
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "live"))

import diag_lab  # noqa: E402
import wire  # noqa: E402
from conftest import (LIMIT, WSTRACE, Children, Lines, end_process, pick_port,  # noqa: E402
                      program, wait_until)
from diag_lab import UPGRADE, location, nginx_conf  # noqa: E402,F401
from judge import Note, Report, Verdict  # noqa: E402,F401

SETTLE = 1.3  # a verdict on an end comes a second after it

NODE = """const WebSocket = require('ws'), http = require('http'), net = require('net');
const PORT = +process.argv[2];
"""
NODE_WS = """const server = new WebSocket.Server({ host: '127.0.0.1', port: PORT, %s });
server.on('connection', (ws, req) => {
  ws.on('error', () => {});
  %s
});
"""
PYTHON = """import asyncio, os, sys
PORT = int(sys.argv[1])
"""
PYTHON_WS = """import websockets

async def handler(ws, *path):
%s

async def main():
    async with websockets.serve(handler, "127.0.0.1", PORT, %s):
        await asyncio.Future()

asyncio.run(main())
"""


class Peer(wire.Ws):
    """One end of a connection, and HTTP in front of it."""
    head = b""

    def raw(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def read_head(self):
        """Returns the next head, or an empty one at the end of the stream."""
        try:
            self.head = wire.recv_head(self.sock)
        except (EOFError, ConnectionError):
            self.head = b""
        return self.head

    def header(self, name):
        found = re.search(rb"(?im)^%s:[ \t]*([^\r\n]*)" % re.escape(name.encode()), self.head)
        return found[1].decode("latin-1").strip() if found else ""

    @property
    def target(self):
        return (self.head.split(b" ") + [b"", b""])[1].decode("latin-1")

    # the client's side

    def request(self, target="/ws", headers=(), key=None, host="localhost"):
        headers = headers.items() if isinstance(headers, dict) else headers
        self.raw(wire.request_head(target, headers, key or diag_lab.fresh_key(), host))

    def upgrade(self, target="/ws", headers=(), **kw):
        """Returns the status, 0 where there is no answer, and the headers, in small letters."""
        with contextlib.suppress(ConnectionError):
            self.request(target, headers, **kw)
        return self.answer()

    def answer(self):
        """As upgrade(), of a request that was sent."""
        lines = self.read_head().decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines[1:] if line]
        status = lines[0].split(" ")
        return (int(status[1]) if len(status) > 1 else 0,
                {name.lower(): value.strip() for name, _, value in pairs})

    # the server's side

    def accept(self, headers=()):
        """Reads a request, unless that has been done, and answers it with a 101 that is right."""
        if self.head or self.read_head():
            self.raw(wire.response_head(headers, wire.accept_key(self.header("Sec-WebSocket-Key"))))
        return self

    def refuse(self, status="403 Forbidden", body="", headers=()):
        """Answers the request with another status; the connection stays."""
        self.head or self.read_head()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}",
                 *(f"{name}: {value}" for name, value in headers)]
        self.raw("\r\n".join(lines) + "\r\n\r\n" + body)

    def echo(self):
        """Sends messages back, answers pings and the Close."""
        while True:
            op, payload, _ = self.recv()
            self.send(wire.PONG if op == wire.PING else op, payload)
            if op == wire.CLOSE:
                return

    # both

    def chat(self, *texts):
        """Sends each, and waits for a message back."""
        for text in texts:
            self.send(wire.TEXT, text)
            self.message()

    def goodbye(self, code=1000, reason=""):
        """The closing handshake: a client also waits for the server's FIN."""
        with contextlib.suppress(OSError, EOFError):
            self.send(wire.CLOSE, wire.close_payload(code, reason))
            while self.recv()[0] != wire.CLOSE:
                pass
            if self.client:
                wire.recv_eof(self.sock)
        self.close()

    def wait_end(self):
        """Reads until the other side ends it."""
        wire.recv_eof(self.sock)

    def abort(self):
        """Closes with an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def states(pid, port):
    """Returns the states of TCP sockets on this local port, in the process's network namespace."""
    found = set()
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in open(f"/proc/{pid}/net/{name}").readlines()[1:]:
                words = line.split()
                if words[1].endswith(f":{port:04X}"):
                    found.add(words[3])
    return found


class Lab(diag_lab.Lab):
    """Has of diag_lab.Lab nginx(), nginxes(), haproxy(), apache(), caddy(), lighttpd(), start()."""

    def __init__(self, folder):
        super().__init__(Children(), self.port, pathlib.Path(folder))
        self.dir.chmod(0o755)
        self.ports, self.process, self.kept, self.names, self.watching = [], {}, [], [], None

    def port(self):
        self.ports.append(pick_port())
        return self.ports[-1]

    def listens(self, port, proc):
        """Waits without a connection, which would be seen."""
        def look():
            assert proc.poll() is None, f"the server ended, status {proc.returncode}: {self.log()}"
            return "0A" in states(proc.pid, port)

        wait_until(look, f"a server on port {port}")
        self.process[port] = proc

    def log(self):
        return "".join(p.read_text(errors="replace")[-400:] for p in self.dir.glob("*.log"))

    # programs

    def script(self, name, suffix, text, port=None, *args, **kw):
        port = port or self.port()
        path = self.dir / f"{port}{suffix}"
        path.write_text(text)
        with open(self.dir / f"{port}.log", "ab") as log:
            proc = self.spawn(name, path, port, *args, stdout=log, stderr=log, **kw)
        self.listens(port, proc)
        return port

    def node(self, text, port=None, *args):
        """A program for node, which listens on PORT; WebSocket, http and net are there."""
        if not os.path.exists("/usr/share/nodejs/ws"):
            missing("node-ws")
        return self.script(program("node"), ".js", NODE + text, port, *args,
                           env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})

    def wss(self):
        """node's ws, behind https; it echoes."""
        return self.node("""
            const fs = require('fs'), [cert, key] = process.argv.slice(3).map(p => fs.readFileSync(p));
            const server = require('https').createServer({ key, cert });
            new WebSocket.Server({ server }).on('connection', ws => ws.on('message', m =>
              ws.send(String(m))));
            server.listen(PORT, '127.0.0.1');
            """, None, *self.certificate())

    def limited(self, text, files):
        """As node(), with so many file descriptors."""
        path = self.dir / "limited.sh"
        path.write_text(f"#!/bin/sh\nulimit -n {files}\nexec {program('node')} \"$@\"\n")
        path.chmod(0o755)
        return self.script(path, ".js", NODE + text, None,
                           env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})

    def ws(self, body="ws.on('message', (m, binary) => ws.send(m, { binary }));",
           options="", port=None):
        """A server of node's ws; body is run for each connection, with ws and req."""
        return self.node(NODE_WS % (options, body), port)

    def python(self, text, port=None, *args):
        """A program for Python, which listens on PORT; asyncio, os and sys are there."""
        return self.script("/usr/bin/python3", ".py", PYTHON + text, port, *args)

    def websockets(self, body="async for m in ws:\n    await ws.send(m)", options="", port=None):
        """A server of python3-websockets; body is its handler, with ws."""
        self.module("websockets")
        lines = "\n".join("    " + line for line in body.splitlines())
        return self.python(PYTHON_WS % (lines, options), port)

    def module(self, name):
        """Skips the report where the distribution's Python has no such module."""
        if subprocess.run(["/usr/bin/python3", "-c", f"import {name}"], capture_output=True,
                          check=False).returncode:
            missing(f"python3-{name}")

    def ask_node(self, text, *args):
        """Runs a program for node to its end. Returns what it printed."""
        head = NODE.replace("+process.argv[2]", "+process.argv[1]")
        return self.to_end(program("node"), "-e", head + text, *args,
                           env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})

    def node_client(self, port, more="", scheme="ws"):
        """node's ws connects and closes. Returns "open", or "error" and why. more: arguments."""
        return self.ask_node("""
            const ws = new WebSocket(`%s://127.0.0.1:${PORT}/ws`%s);
            ws.on('error', e => console.log('error', e.message));
            ws.on('open', () => { console.log('open'); ws.close(1000); });
            """ % (scheme, more), port)

    def ask_python(self, text, *args):
        """The same for Python."""
        return self.to_end("/usr/bin/python3", "-c", PYTHON + text, *args)

    def to_end(self, *args, **kw):
        done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=LIMIT,
                              check=False, stdin=subprocess.DEVNULL, **kw)
        return done.stdout + done.stderr

    def kill(self, port, sig=signal.SIGTERM):
        """Ends the process that listens on port, and waits for that."""
        end_process(self.process[port], sig)

    # raw sockets, in this process

    def serve(self, handler, port=None, host="127.0.0.1", backlog=64, accepts=True):
        """handler(Peer) for each connection, in a thread; then it is closed. Returns the port."""
        port = port or self.port()
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(backlog)
        self.kept.append(listener)

        def one(peer):
            with peer, contextlib.suppress(OSError, EOFError):
                handler(peer)

        def loop():
            with contextlib.suppress(OSError):
                while True:
                    peer = Peer(listener.accept()[0], False)
                    self.kept.append(peer)
                    threading.Thread(target=one, args=(peer,), daemon=True).start()

        if accepts:
            threading.Thread(target=loop, daemon=True).start()
        return port

    def connect(self, port, host="127.0.0.1", source=None):
        """A client's end. It stays open until closed, beyond the report's end."""
        self.kept.append(Peer(socket.create_connection(
            (host, port), LIMIT, (source, 0) if source else None), True))
        return self.kept[-1]

    def talk(self, port, target="/ws", headers=(), texts=("hello",), code=1000, **kw):
        """Asks, and where there is a 101 chats and says goodbye. Returns the status."""
        with self.connect(port, **kw) as client:
            status, _ = client.upgrade(target, headers)
            if status == 101:
                client.chat(*texts)
                client.goodbye(code)
            return status

    # networks

    def link(self, ms=0):
        """Two network namespaces, 10.9.0.1 and 10.9.0.2, each with a far0, ms apart one way."""
        names = [f"report-{os.getpid()}-{end}" for end in "ab"]
        taps = []
        for i, name in enumerate(names):
            tap = os.open("/dev/net/tun", os.O_RDWR)
            taps.append(tap)
            tun = f"r{os.getpid() % 1000000}{'ab'[i]}"
            fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", tun.encode(), 0x1001))
            self.ip("netns", "add", name)
            self.names.append(name)
            self.ip("link", "set", tun, "netns", name, "name", "far0")
            for words in (f"addr add 10.9.0.{i + 1}/24 dev far0", "link set far0 up",
                          "link set lo up"):
                self.ip("-n", name, *words.split())
        for here, there in (taps, taps[::-1]):
            threading.Thread(target=carry, args=(here, there, ms / 1000), daemon=True).start()
        return names

    def ip(self, *args):
        subprocess.run(["ip", *args], check=True, capture_output=True)

    @contextlib.contextmanager
    def inside(self, name):
        """What is started or opened meanwhile is in this network namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there:
            assert libc.setns(there.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                libc.setns(home.fileno(), 0)

    # watching

    def watch(self, *ports, args=(), device="lo"):
        """wstrace and tcpdump on these ports, or on all so far, from here to the end."""
        ports = ports or tuple(self.ports)
        self.watching = Watch(self, ports, args, device)

    def end(self):
        for kept in self.kept:
            if isinstance(kept, socket.socket):
                kept.shutdown(socket.SHUT_RDWR)  # ends accept(), which close() does not
            kept.close()
        self.spawn.end()
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def carry(here, there, delay):
    """Takes packets from one end to the other, each as late as it should be."""
    on_its_way = queue.Queue()

    def arrive():
        with contextlib.suppress(OSError):
            while True:
                due, packet = on_its_way.get()
                time.sleep(max(0, due - time.monotonic()))
                os.write(there, packet)

    threading.Thread(target=arrive, daemon=True).start()
    with contextlib.suppress(OSError):
        while True:
            packet = os.read(here, 65536)
            on_its_way.put((time.monotonic() + delay, packet))


def missing(what):
    pytest.skip(f"{what} is not installed")


class Watch:
    """wstrace -j -w, and tcpdump beside it."""

    def __init__(self, lab, ports, args, device):
        self.files = {"own": lab.dir / "own.pcapng", "dump": lab.dir / "dump.pcap"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.dump = lab.spawn(program("tcpdump"), "-i", device, "-U", "--immediate-mode",
                              "-B", 65536, "-w", self.files["dump"],
                              " or ".join(f"tcp port {port}" for port in ports), **pipes)
        self.trace = lab.spawn(WSTRACE, "-j", "-p", ",".join(map(str, ports)),
                               "-w", self.files["own"], *args, **pipes)
        self.out, self.err = Lines(self.trace.stdout), Lines(self.trace.stderr)
        self.dump_err = Lines(self.dump.stderr)
        for proc, err, word in ((self.trace, self.err, "wstrace: tracing "),
                                (self.dump, self.dump_err, "listening on ")):
            wait_until(lambda: word in err.text() or proc.poll() is not None, word)
            assert word in err.text(), err.text()

    def stop(self, edit=None):
        """Returns for each medium the events, and what was said on standard error."""
        time.sleep(SETTLE)  # the time that a verdict takes
        for proc in (self.trace, self.dump):
            status = end_process(proc, signal.SIGINT)
            assert status == 0, f"{proc.args[0]}: status {status}: {self.err.text()}"
        self.out.join(LIMIT)
        self.err.join(LIMIT)
        said = {"live": (events(self.out.text()), self.err.text())}
        if edit:
            edit(self.files["dump"])
        for medium, path in self.files.items():
            done = subprocess.run([WSTRACE, "-j", "-r", path], capture_output=True, timeout=LIMIT,
                                  check=False)
            assert done.returncode in (0, 1), f"-r {path.name}: {done.returncode}: {done.stderr}"
            said[medium] = events(done.stdout.decode()), done.stderr.decode()
        return said


def events(text):
    return [json.loads(line) for line in text.splitlines()]
