# SPDX-License-Identifier: GPL-2.0-only
"""--report: the page in its text, and in a browser, with few connections and with thousands."""
import html.parser
import os
import re
import socket
import struct
import subprocess
import sys

import pytest

import wire
from browser import browser  # noqa: F401
from conftest import HERE, LIMIT, WSTRACE, listens
from diag_lab import UPGRADE, ask, fresh_key, lab, talk  # noqa: F401

SECTIONS = ("wrong", "time", "chains", "detail", "hists", "all", "limits")
EVIL = "<script>window.owned=1</script>\"'><img src=http://203.0.113.1/ onerror=alert(1)>&lt;"
TAGS = set("html head meta style title body header main footer nav section article div span p a b i h1 h2 h3 h4 "
           "small del br dl dt dd ol ul li pre details summary table thead tbody tr th td svg g rect circle "
           "line text".split())
ATTRIBUTES = set("lang charset http-equiv content name id class open href colspan role aria-label height "
                 "width x y x1 x2 y1 y2 cx cy r".split())


class Page(html.parser.HTMLParser):
    """Returns the page's text. Nothing in it may load, run or lead elsewhere."""

    def __init__(self, path):
        super().__init__()
        self.bytes = path.read_bytes()
        self.tags, self.ids, self.links, self.words = [], [], [], []
        self.csp = ""
        self.feed(self.bytes.decode("utf-8", "strict"))
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        assert tag in TAGS, tag
        assert set(attrs) <= ATTRIBUTES, (tag, attrs)
        self.tags.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if "href" in attrs:
            self.links.append(attrs["href"])
        if attrs.get("http-equiv") == "Content-Security-Policy":
            self.csp = attrs["content"]

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "style":
            assert "url(" not in data and "@import" not in data
        else:
            self.words.append(data)


def page(path):
    p = Page(path)
    body = p.bytes[p.bytes.index(b"</style>"):]
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", body), "a control character"
    assert "default-src 'none'" in p.csp and "unsafe" not in p.csp
    assert len(p.ids) == len(set(p.ids)), "an id twice"
    for link in p.links:
        assert link[0] == "#" and link[1:] in p.ids, link
    return p


def look(browser, path, width, scheme):  # noqa: F811
    """Opens the page, which must fit the window, run no script and load nothing."""
    browser.size(width)
    browser.scheme(scheme)
    browser.open(path)
    for unfold in (False, True):
        if unfold:
            browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        wide, window = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert window == width and wide <= width, f"{wide} of {width} pixels, unfolded: {unfold}"
    owned, scripts = browser.run("return [window.owned, document.scripts.length]")
    assert owned is None and scripts == 0
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    dark = sum(int(n) for n in re.findall(r"\d+", background)[:3]) < 300
    assert dark == (scheme == "dark"), background
    assert browser.complaints() == []
    asked = [u for u in browser.requests() if not u.startswith(("chrome:", "data:"))]
    assert set(asked) <= {f"file://{path}"}, asked


COMM = "<b>\"&'\x1b\x7f"

# A backend that changes its own process's name.
NAMED = "import runpy, sys; open('/proc/self/comm', 'w').write(sys.argv.pop(1)); " \
        "sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')"


@pytest.fixture
def few(wstrace, lab, spawn, free_port, tmp_path):  # noqa: F811
    """Returns the report of two chains, one with a fault, and of a connection full of markup."""
    backend, evil = lab.backend(), free_port()
    front = lab.nginx(f"location /chat {{ proxy_pass http://127.0.0.1:{backend}; }}\n"
                      f"location / {{ proxy_pass http://127.0.0.1:{backend}; {UPGRADE} }}")
    listens(evil, spawn(sys.executable, "-c", NAMED, COMM, HERE / "diag_backend.py", evil,
                        stderr=subprocess.DEVNULL))
    path = tmp_path / "report.html"
    w = wstrace("-s", "full", "-p", f"{front},{backend},{evil}", "--report", path)
    talk(front, "/echo?room=secret")
    ask(front, "/chat?token=secret", [("Cookie", "sid=secret")])[0].close()
    ask(evil, "/invalid\xff\xfe")[0].close()
    ws, answer = ask(evil, f"/{EVIL.replace(' ', '/')}\x01/echo",
                     [("X-" + EVIL.replace(" ", ""), EVIL), ("Origin", "\xff\xfe\x1b[31m")])
    assert b" 101 " in answer
    ws.send(wire.TEXT, EVIL)
    ws.message()
    ws.send(wire.CLOSE, wire.close_payload(4000, EVIL[:60]))
    wire.recv_eof(ws.sock)
    ws.close()
    w.wait("close", 6)
    run = w.stop()
    assert path.stat().st_mode & 0o777 == 0o666 & ~os.umask(os.umask(0o22))
    return run, path


def test_few(few):
    run, path = few
    p = page(path)
    assert [i for i in p.ids if i in SECTIONS] == list(SECTIONS)
    for v in run.of("verdict"):
        assert v["rule"] in p.text
    stripped = run.one("verdict", rule="upgrade-stripped-here")
    for words in (stripped["text"], *map(str.strip, stripped["fix"].splitlines()),
                  "Upgrade: websocket removed on the way", "426 Upgrade Required", "101 Switching Protocols", "4000", "/echo?room=[redacted]",
                  "<b>\"&'\\x1b\\x7f", EVIL, f'"{EVIL[:60]}"', "/invalid\\xff\\xfe", "\\x01/echo",
                  "\\xff\\xfe\\x1b[31m", "6 connections, #1 to #6"):
        assert words in p.text, words
    assert "secret" not in p.text and b"secret" not in p.bytes
    assert f"{run.closing[0]} " in p.text and "Sec-WebSocket-Key" in p.text


def test_alike(wstrace, lab, tmp_path):  # noqa: F811
    """One fault gives one row, drawn once, whenever it was found."""
    backend = lab.backend()
    front = lab.nginx(f"location /chat {{ proxy_pass http://127.0.0.1:{backend}; }}\n"
                      f"location / {{ proxy_pass http://127.0.0.1:{backend}; {UPGRADE} }}")
    path = tmp_path / "report.html"
    w = wstrace("-p", f"{front},{backend}", "--report", path)
    ask(front, "/chat")[0].close()
    w.wait("close", 2)
    talk(front, "/echo")
    for _ in range(2):
        ask(front, "/chat")[0].close()
    w.wait("close", 8)
    run = w.stop()
    assert [v["rule"] for v in run.of("verdict")] == [
        "upgrade-stripped", "upgrade-stripped-here", "upgrade-stripped-here"]
    p = page(path)
    assert p.tags.count("article") == 1 and "3 times" in p.text
    assert p.text.count("removed on the way") == 1
    assert "2 more like this, of the same port and path, are in the" in p.text


def test_few_in_browser(few, browser):  # noqa: F811
    _, path = few
    for width in (1280, 375):
        for scheme in ("light", "dark"):
            look(browser, path, width, scheme)
    assert browser.run("return getComputedStyle(document.querySelector('.verdict.error'))"
                       ".borderLeftColor") != browser.run(
                           "return getComputedStyle(document.body).color"), "the style is not applied"
    browser.scheme("dark", "print")
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)", "printed on black"


class Pcap:
    """Writes a capture of raw IP, without checksums."""

    def __init__(self):
        self.parts = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)]

    def segment(self, ts, src, dst, seq, ack, flags, data=b""):
        (a, p), (b, q) = src, dst
        tcp = struct.pack("!HHIIBBHHH", p, q, seq, ack, 5 << 4, flags, 65535, 0, 0) + data
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0,
                         socket.inet_aton(a), socket.inet_aton(b)) + tcp
        self.parts.append(struct.pack("<IIII", int(ts), int(ts % 1 * 1e6), len(ip), len(ip)) + ip)

    def connection(self, ts, port, client, target, status=b"101 Switching Protocols", messages=3):
        c, s = (f"10.0.{client >> 8}.{client & 255}", 30000 + client % 20000), ("192.0.2.1", port)
        key, seq = fresh_key(), [1000, 5000]

        def send(dir, flags, data=b""):
            nonlocal ts
            ends = (c, s) if dir == 0 else (s, c)
            self.segment(ts, *ends, seq[dir], seq[1 - dir], flags, data)
            seq[dir] += len(data) + bool(flags & 3)
            ts += 0.0005

        send(0, 2)
        send(1, 0x12)
        send(0, 0x18, wire.request_head(target, key=key))
        good = status.startswith(b"101")
        send(1, 0x18, wire.response_head(accept=wire.accept_key(key)) if good else
             b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        for i in range(messages if good else 0):
            send(0, 0x18, wire.frame(wire.TEXT, b"x" * (i * 40 % 500), mask=b"abcd"))
            send(1, 0x18, wire.frame(wire.TEXT, b"y" * (i * 90 % 900)))
        if good:
            send(0, 0x18, wire.frame(wire.CLOSE, wire.close_payload(1000), mask=b"abcd"))
            send(1, 0x18, wire.frame(wire.CLOSE, wire.close_payload(1000)))
        send(1, 0x11)
        send(0, 0x11)

    def write(self, path):
        path.write_bytes(b"".join(self.parts))
        return path


def report_of(capture, path, *args, status=0):
    run = subprocess.run([WSTRACE, "-q", "-r", capture, "--report", path, *args], timeout=8 * LIMIT,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert run.returncode == status, run.stderr
    return run.stderr


@pytest.fixture(scope="module")
def captures(tmp_path_factory):
    """Returns captures of three connections, and of 5,000."""
    base = tmp_path_factory.mktemp("captures")
    few, many = Pcap(), Pcap()
    few.connection(1_790_000_000, 9588, 1, "/ws", messages=200)
    few.connection(1_790_000_010, 9588, 2, "/none", b"404 Not Found")
    few.connection(1_790_000_020, 9588, 3, "/<b>")
    for i in range(5000):
        many.connection(1_790_000_000 + i * 0.1, 9588, i, f"/feed/{i}" if i % 10 else "/none",
                        b"101 Switching Protocols" if i % 10 else b"404 Not Found")
    return few.write(base / "few.pcap"), many.write(base / "many.pcap")


@pytest.mark.unprivileged
def test_capture(captures, tmp_path):
    path = tmp_path / "r.html"
    report_of(captures[0], path)
    p = page(path)
    for words in ("few.pcap", "404 Not Found", "not-found", "/<b>", "the first 16 and the last 48 of 402",
                  "338 frames are not kept", "Message size"):
        assert words in p.text, words
    assert "chains" not in p.ids and p.tags.count("circle") >= 64
    assert os.listdir(tmp_path) == ["r.html"], "something is left behind"


@pytest.mark.unprivileged
def test_thousands(captures, tmp_path, browser):  # noqa: F811
    path = tmp_path / "r.html"
    report_of(captures[1], path)
    p = page(path)
    assert len(p.bytes) < 4 << 20, "too long to be sent around"
    for words in ("500 times", "not-found", "/feed/* 9588", "500 connections, #4501 to #5000",
                  "gave up their headers and frames"):
        assert words in p.text, words
    assert p.tags.count("article") == 1 and p.tags.count("tr") > 5000
    for width, scheme in ((1280, "light"), (375, "dark")):
        look(browser, path, width, scheme)
    assert browser.open(path) < LIMIT, "slow to open"


@pytest.mark.unprivileged
def test_memory(captures, tmp_path):
    """Time, memory and size for 5,000 connections have limits."""
    def kilobytes(*args):
        code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, " \
               "stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        run = subprocess.run([sys.executable, "-c", code, WSTRACE, "-q", "-r", captures[1], *args],
                             capture_output=True, text=True, timeout=8 * LIMIT, check=True)
        return int(run.stdout)

    without = kilobytes()
    assert kilobytes("--report", tmp_path / "r.html") - without < 60000


@pytest.mark.unprivileged
@pytest.mark.parametrize("path, why", [("missing/r.html", "No such file or directory"),
                                       (".", "Is a directory"), ("/dev/full", "No space left on device")])
def test_cannot_write(captures, tmp_path, path, why):
    path = tmp_path / path
    assert f"wstrace: cannot write {path}: {why}" in report_of(captures[0], path, status=1)
    assert os.listdir(tmp_path) == []


def test_missing_directory_live(tmp_path, port):
    """A message says so before tracing starts."""
    run = subprocess.run([WSTRACE, "-p", str(port), "--report", tmp_path / "missing" / "r.html"],
                         capture_output=True, text=True, timeout=LIMIT)
    assert run.returncode == 1 and "No such file or directory" in run.stderr
    assert "tracing" not in run.stderr


def test_full_disk(captures, tmp_path):
    """The earlier report stays, and no half-written file beside it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk],
                           capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"cannot mount a small disk: {mount.stderr.strip()}")
    try:
        path = disk / "r.html"
        path.write_text("yesterday's")
        assert "No space left on device" in report_of(captures[1], path, status=1)
        assert path.read_text() == "yesterday's" and os.listdir(disk) == ["r.html"]
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.unprivileged
def test_takes_the_place(captures, tmp_path):
    """A symbolic link stays one; the file behind it is written."""
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_text("yesterday's")
    link.symlink_to(real)
    report_of(captures[0], link)
    assert link.is_symlink() and real.read_text().startswith("<!doctype html>")


@pytest.mark.unprivileged
@pytest.mark.parametrize("args", [("--top", "--report", "r.html"), ("--report", "-"), ("--report", "")])
def test_usage(args):
    run = subprocess.run([WSTRACE, "-p", "1", *args], capture_output=True, text=True, timeout=LIMIT)
    assert run.returncode == 2 and "--report" in run.stderr
