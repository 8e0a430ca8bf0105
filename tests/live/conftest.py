# SPDX-License-Identifier: GPL-2.0-only
"""Fixtures for tests that run build/wstrace on real traffic.

Nothing here sleeps for a fixed time: what is waited for is looked for, up to LIMIT seconds.
Environment: WSTRACE the program, WSTRACE_BACKEND the --backend, WSTRACE_BUILD the folder of
compiled helpers, WSTRACE_VM_GUEST set in a QEMU guest, where all takes longer.
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(1, str(pathlib.Path(__file__).parents[1] / "golden"))

HERE = pathlib.Path(__file__).parent
TOP = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("WSTRACE_BUILD", TOP / "build")).resolve()
WSTRACE = str(pathlib.Path(os.environ.get("WSTRACE", BUILD / "wstrace")).resolve())
BACKEND = os.environ.get("WSTRACE_BACKEND")
LIMIT = 120 if os.environ.get("WSTRACE_VM_GUEST") else 15

CLOSING = re.compile(r"^wstrace: (\d+) connections?, (\d+) frames?(?: \(\d+ shown\))?, "
                     r"(\d+) bytes?, (\d+) lost$", re.M)


def pytest_terminal_summary(terminalreporter):
    """Names the tests that passed at the second try only (tests/run asks for one after a time-out)."""
    failed = {r.nodeid for r in terminalreporter.getreports("failed")}
    for report in terminalreporter.getreports("rerun"):
        if report.nodeid not in failed:
            why = str(report.longrepr).strip().splitlines()[-1].removeprefix("E").strip()
            terminalreporter.write_line(f"passed at the second try: {report.nodeid} ({why})")


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: the few that a slow guest has time for")
    config.addinivalue_line("markers", "unprivileged: needs no root")
    config.addinivalue_line("markers", "alone: looks at the whole host, or needs all of it: after the "
                            "tests that run several at a time")
    config.addinivalue_line("markers", "one_kernel: about the user side, and long: not in guests")


def pytest_collection_modifyitems(items):
    reason = None
    if not os.access(WSTRACE, os.X_OK):
        reason = f"{WSTRACE} is not built: run make"
    for item in items:
        if os.environ.get("WSTRACE_VM_GUEST") and item.get_closest_marker("one_kernel"):
            item.add_marker(pytest.mark.skip(reason="about the user side: one kernel is enough"))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
        elif os.geteuid() and not item.get_closest_marker("unprivileged"):
            item.add_marker(pytest.mark.skip(reason="needs root, to load BPF programs"))


@pytest.fixture(autouse=True)
def hard_limit():
    """A test that hangs in spite of all the limits ends here, with a traceback."""
    def on_alarm(*_):
        raise TimeoutError("the test took too long")

    old = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(8 * LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, old)


def wait_until(condition, what, limit=None):
    """Returns condition()'s first true value."""
    end = time.monotonic() + (limit or LIMIT)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {limit or LIMIT} s")
        time.sleep(0.005)


def end_process(proc, sig=signal.SIGTERM):
    """Ends one process, by its own id. Returns its status."""
    if proc.poll() is None:
        proc.send_signal(sig)
        try:
            return proc.wait(LIMIT)
        except subprocess.TimeoutExpired:
            proc.kill()
    return proc.wait(LIMIT)


class Lines(threading.Thread):
    """Collects a stream's lines as they come."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream = stream
        self.lines = []
        self.start()

    def run(self):
        for line in self.stream:
            self.lines.append(line)

    def text(self):
        return b"".join(self.lines).decode("utf-8", "replace")


class Run:
    """What wstrace said in one run."""

    def __init__(self, events, status, stderr, closing):
        self.events = events
        self.status = status
        self.stderr = stderr
        self.closing = closing  # conns, frames, bytes, lost; None without the line

    def of(self, type, **fields):
        return of(self.events, type, **fields)

    def one(self, type, **fields):
        found = self.of(type, **fields)
        assert len(found) == 1, f"{len(found)} {type} {fields}: {found}"
        return found[0]

    def frames(self, conn=None, dir=None):
        return [e for e in self.of("frame")
                if conn in (None, e["conn"]) and dir in (None, e["dir"])]


def of(events, type, **fields):
    return [e for e in events
            if e["type"] == type and all(e.get(k) == v for k, v in fields.items())]


class Wstrace:
    """A running wstrace. Events come in on their own; stop() ends it."""

    def __init__(self, args, json_output=True, **kw):
        cmd = [WSTRACE] + (["-j"] if json_output else []) + [str(a) for a in args]
        if BACKEND and "--backend" not in args:
            cmd += ["--backend", BACKEND]
        self.json = json_output
        # Hangups that this process ignores, as under nohup(1), wstrace would ignore as well
        kw.setdefault("preexec_fn", lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        self.proc = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, **kw)
        self.out = Lines(self.proc.stdout)
        self.err = Lines(self.proc.stderr)
        self.parsed = []

    def ready(self):
        wait_until(lambda: "wstrace: tracing " in self.err.text() or self.proc.poll() is not None,
                   "wstrace's line that it traces")
        if self.proc.poll() is not None and "wstrace: tracing " not in self.err.text():
            pytest.fail(f"wstrace ended at once, status {self.proc.returncode}: "
                        + self.err.text())
        return self

    def events(self):
        """All events so far. The output must be UTF-8, and one JSON object a line."""
        lines = self.out.lines
        while len(self.parsed) < len(lines):
            line = lines[len(self.parsed)]
            if not line.endswith(b"\n") and self.proc.poll() is None:
                break
            event = json.loads(line.decode("utf-8", "strict"))
            assert isinstance(event, dict) and "type" in event and "ts" in event, line
            self.parsed.append(event)
        return self.parsed

    def wait(self, type, n=1, limit=None, **fields):
        """Returns the events of a type, once there are n."""
        def enough():
            found = of(self.events(), type, **fields)
            return found if len(found) >= n else None

        try:
            return wait_until(enough, f"{n} x {type} {fields}", limit)
        except TimeoutError as e:
            raise TimeoutError(f"{e}; there were {[x['type'] for x in self.events()]}; "
                               f"{self.err.text()}") from None

    def finished(self, lost=0, limit=None):
        """Waits for wstrace to end by itself."""
        status = self.proc.wait(limit or LIMIT)
        self.out.join(LIMIT)
        self.err.join(LIMIT)
        stderr = self.err.text()
        found = CLOSING.search(stderr)
        closing = tuple(int(x) for x in found.groups()) if found else None
        if lost is not None:
            assert closing, f"no closing line in {stderr!r}"
            assert closing[3] == lost, stderr
        events = self.events() if self.json else []
        if self.json and lost is not None:
            assert events[0]["type"] == "start" and events[-1]["type"] == "end", events
            assert events[-1]["lost"] == closing[3]
            check(events)
        return Run(events, status, stderr, closing)

    def stop(self, sig=signal.SIGINT, lost=0, limit=None):
        if self.proc.poll() is None:
            self.proc.send_signal(sig)
        run = self.finished(lost, limit)
        assert run.status == 0, run.stderr
        return run


def check(events):
    """What must hold of any run."""
    opened = set()
    for e in events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", e["ts"]), e
        if e["type"] == "open":
            assert e["conn"] not in opened, "a connection number used twice"
            opened.add(e["conn"])
    shown = {e["type"] for e in events}
    if "open" in shown:
        for e in events:
            assert "conn" not in e or e["conn"] in opened, f"no open before {e}"


@pytest.fixture
def wstrace():
    """wstrace(*args): a Wstrace that traces already."""
    running = []

    def start(*args, **kw):
        w = Wstrace(args, **kw)
        running.append(w)
        return w.ready()

    yield start
    for w in running:
        end_process(w.proc, signal.SIGKILL)


class Children:
    """Processes that end together; called, it starts one."""

    def __init__(self):
        self.running = []

    def __call__(self, *args, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        self.running.append(subprocess.Popen([str(a) for a in args], **kw))
        return self.running[-1]

    def end(self):
        for proc in reversed(self.running):
            end_process(proc)
            for stream in (proc.stdout, proc.stderr):
                if stream:
                    stream.close()


@pytest.fixture
def spawn():
    """spawn(*args): a process that ends with the test."""
    children = Children()
    yield children
    children.end()


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.fixture
def ipv6():
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")


def is_free(port):
    for family, addr in [(socket.AF_INET, "")] + [(socket.AF_INET6, "::")] * has_ipv6():
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                s.bind((addr, port))
            except OSError:
                return False
    return True


# Not those, either, on which Wireshark looks for another protocol
taken = {int(n) for n in re.findall(r"\b\d{5}\b", (TOP / "user/pcapng/wireshark_ports.c").read_text())}


def share(ports):
    """This process's part of a range, where pytest-xdist runs several."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    return ports[worker::int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]


def pick_port():
    """Returns a port that nothing uses, below those that the kernel gives to clients."""
    while True:
        port = random.choice(share(range(10000, 32000)))
        if port not in taken and is_free(port):
            taken.add(port)
            return port


@pytest.fixture
def free_port():
    """free_port(): as pick_port()."""
    return pick_port


@pytest.fixture
def port(free_port):
    return free_port()


def program(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if not path:
        pytest.skip(f"{name} is not installed")
    return path


def certificate(folder):
    """Makes a certificate for localhost in a folder. Returns its path, and its key's."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run([program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", key, "-out", cert],
                   check=True, capture_output=True, timeout=LIMIT)
    return cert, key


def listens(port, proc):
    def look():
        assert proc.poll() is None, f"the server ended, status {proc.returncode}"
        with socket.socket() as s:
            s.settimeout(LIMIT)
            return s.connect_ex(("127.0.0.1", port)) == 0

    wait_until(look, f"a server on port {port}")


NGINX = """
daemon off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  server {{
    listen 127.0.0.1:{port};
    {ipv6}
    location /plain {{ return 200 "plain\\n"; }}
    location / {{
      proxy_pass http://127.0.0.1:{backend};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""


@pytest.fixture
def nginx(spawn, free_port, tmp_path):
    """nginx(backend): nginx in front of the backend's port. Returns its own port."""
    def start(backend):
        path = program("nginx")
        port = free_port()
        conf = tmp_path / "nginx.conf"
        conf.write_text(NGINX.format(dir=tmp_path, port=port, backend=backend,
                                     ipv6=f"listen [::1]:{port};" if has_ipv6() else ""))
        proc = spawn(path, "-p", tmp_path, "-c", conf, "-e", tmp_path / "error.log",
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        start.proc = proc
        listens(port, proc)
        return port

    return start


class Server:
    """An echo server; it writes down the frames that it sent, as {"hdr": hex, "len": n}."""

    def __init__(self, proc, port, log):
        self.proc, self.port, self.log = proc, port, log
        self.pid = proc.pid

    def sent(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def py_server(spawn, free_port, tmp_path):
    """py_server(): an echo server of python3-websockets, in a process of its own."""
    def start(*args):
        pytest.importorskip("websockets")
        port, log = free_port(), tmp_path / "py_server.log"
        log.write_text("")
        proc = spawn(sys.executable, HERE / "echo.py", port, log, *args)
        listens(port, proc)
        return Server(proc, port, log)

    return start


@pytest.fixture
def node_server(spawn, free_port, tmp_path):
    """node_server(): an echo server of node's ws, in a process of its own."""
    def start(*args):
        node = program("node")
        if not pathlib.Path("/usr/share/nodejs/ws").exists():
            pytest.skip("node-ws is not installed")
        port, log = free_port(), tmp_path / "node_server.log"
        log.write_text("")
        proc = spawn(node, HERE / "echo.js", port, log, *args,
                     env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})
        listens(port, proc)
        return Server(proc, port, log)

    return start


@pytest.fixture(params=["node", "python"])
def echo_server(request):
    """Each of the two echo servers in turn."""
    return request.getfixturevalue("node_server" if request.param == "node" else "py_server")
