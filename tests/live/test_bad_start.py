# SPDX-License-Identifier: GPL-2.0-only
"""Starts that the kernel refuses half-way: a message has the reason, and nothing is left behind."""
import ctypes
import errno
import json
import os
import pathlib
import platform
import re
import resource
import signal
import struct
import subprocess

import pytest

from conftest import BACKEND, LIMIT, WSTRACE, program, wait_until
from test_cli import backends

pytestmark = pytest.mark.alone  # counts the programs and maps that the kernel has
KINDS = ("prog", "link", "map")
VMLINUX = pathlib.Path("/sys/kernel/btf/vmlinux")


def held(pids=None):
    """Returns the programs, links and maps that processes have open: {("prog", 12), ...}."""
    found = set()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        if pids and int(folder.name) not in pids:
            continue
        try:
            for fd in (folder / "fd").iterdir():
                if "bpf" in os.readlink(fd):
                    text = (folder / "fdinfo" / fd.name).read_text()
                    found |= {(k, int(n)) for k, n in re.findall(r"^(\w+)_id:\s*(\d+)", text, re.M)}
        except OSError:  # the process has ended meanwhile
            pass
    return found


def forgotten():
    """Returns programs, links and maps that no process has open."""
    found = set()
    for kind in KINDS:
        out = subprocess.run([program("bpftool"), "-j", kind, "show"], capture_output=True,
                             check=True).stdout
        found |= {(kind, x["id"]) for x in json.loads(out or "[]")}
    return found - held()


@pytest.fixture
def refused(port):
    """refused(*args): the messages of a wstrace that has to end with status 4 and leave nothing behind."""
    before = forgotten()

    def run(*args, status=4, **kw):
        cmd = [WSTRACE, "-p", port, "-d", 1, *args, *(["--backend", BACKEND] if BACKEND else [])]
        done = subprocess.run([str(x) for x in cmd], capture_output=True, timeout=LIMIT, **kw)
        err = done.stderr.decode()
        assert done.returncode == status, err
        assert done.stdout == b"" and err.startswith("wstrace: cannot ")
        # the kernel frees them a moment later
        wait_until(lambda: forgotten() <= before, "nothing left behind")
        events = pathlib.Path("/sys/kernel/tracing/kprobe_events")
        assert not events.exists() or "tcp_recvmsg" not in events.read_text()
        return err

    return run


def without(name, path):
    """Writes the kernel's types with one name changed."""
    if not VMLINUX.exists():
        pytest.skip("this kernel has no BTF")
    types, there = VMLINUX.read_bytes(), b"\0" + name.encode() + b"\0"
    assert types.count(there) == 1, "names are there once"
    path.write_bytes(types.replace(there, b"\0?" + there[2:]))
    return path


@pytest.mark.parametrize("field", ["tcp_sock.copied_seq", "sock.__sk_common.skc_daddr",
                                   "inet_sock.inet_sport"])
def test_types_without_a_field(refused, tmp_path, field):
    err = refused("--btf", without(field.split(".")[-1], tmp_path / "btf"))
    assert re.search(rf"program '\w+' needs struct {field}, which the kernel's types do not have", err)
    assert "those of this kernel?" in err


def test_types_without_a_structure(refused, tmp_path):
    assert "needs struct inet_sock" in refused("--btf", without("inet_sock", tmp_path / "btf"))


def test_types_without_the_function(tmp_path):
    """Without tcp_recvmsg() fentry would load only the half that sees what is sent."""
    done = subprocess.run([WSTRACE, "--check", "--btf", without("tcp_recvmsg", tmp_path / "btf")],
                          capture_output=True, timeout=LIMIT)
    assert re.search(r"^fentry +no: .* the kernel's types have no tcp_recvmsg\(\)",
                     done.stdout.decode(), re.M)


def spoilt(path):
    path.write_bytes(bytes(b ^ 0xff * (i % 100000 == 99999) for i, b in
                           enumerate(VMLINUX.read_bytes())))


@pytest.mark.parametrize("make, reason", [
    (lambda p: None, "No such file"),
    (lambda p: p.mkdir(), "no BTF"),
    (lambda p: p.write_bytes(b""), "no BTF"),
    (lambda p: p.write_bytes(os.urandom(10000)), "no BTF"),
    (lambda p: p.symlink_to("/bin/true"), "no BTF"),
    (lambda p: p.write_bytes(VMLINUX.read_bytes()[:1 << 20]), "no BTF"),
    (spoilt, "no BTF"),
], ids=["missing", "folder", "empty", "garbage", "program", "cut", "spoilt"])
def test_no_types(refused, tmp_path, make, reason):
    make(tmp_path / "btf")
    assert f"cannot read types from {tmp_path}/btf: " in (err := refused("--btf", tmp_path / "btf"))
    assert reason in err


def filtered(*commands):
    """For a child: bpf(2) refuses these commands from now on, as a container's seccomp filter does."""
    nr = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    ops = [(0x20, 0, 0, 0), (0x15, 0, len(commands) + 1, nr), (0x20, 0, 0, 16)]
    ops += [(0x15, len(commands) - i, 0, command) for i, command in enumerate(commands)]
    ops += [(0x06, 0, 0, 0x7fff0000), (0x06, 0, 0, 0x50000 | errno.EPERM)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *op) for op in ops))
    fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(ops), ctypes.addressof(code)))
    libc = ctypes.CDLL(None)

    def apply():
        if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, fprog, 0, 0):
            os._exit(99)

    apply.code = code  # keep the reference, or the memory is freed
    return apply


MAP_CREATE, PROG_LOAD, LINK_CREATE, ITER_CREATE, RAW_TRACEPOINT_OPEN = 0, 5, 28, 33, 17


@pytest.mark.parametrize("commands", [[MAP_CREATE], [PROG_LOAD], [RAW_TRACEPOINT_OPEN],
                                      [LINK_CREATE], [ITER_CREATE]],
                         ids=["map", "program", "attach", "link", "iterator"])
def test_forbidden(refused, commands):
    """Each step in turn fails; later ones have more attached already."""
    err = refused(preexec_fn=filtered(*commands))
    assert "Operation not permitted" in err and "a seccomp filter" in err


@pytest.mark.one_kernel
@pytest.mark.parametrize("files", range(6, 38, 3))
def test_descriptors_run_out(refused, files):
    """The failure may be at any step."""
    err = refused(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)))
    assert "Too many open files" in err or "Invalid argument" in err
    assert "  tracepoint: " in err or BACKEND


@pytest.fixture
def memory_limit():
    """memory_limit(bytes): a function for a child, which puts it where no more memory is allowed."""
    for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                        ("/sys/fs/cgroup", "memory.max")):
        folder = pathlib.Path(root, f"wstrace-test-{os.getpid()}")
        try:
            folder.mkdir()
            if (folder / limit).exists():
                break
            folder.rmdir()
        except OSError:
            pass
    else:
        pytest.skip("no cgroup that limits memory")

    def start(size):
        (folder / limit).write_text(str(size))
        return lambda: (folder / "cgroup.procs").write_text(str(os.getpid()))

    yield start
    wait_until(lambda: not (folder / "cgroup.procs").read_text(), "an empty cgroup")
    folder.rmdir()


@pytest.mark.one_kernel  # before 5.11 this memory is charged to no cgroup
@pytest.mark.parametrize("name, option", [("events", ["--ringbuf", 1024]),
                                          ("conns", ["--max-conns", 16777216])],
                         ids=["ringbuf", "max-conns"])
def test_memory_is_limited(refused, memory_limit, name, option):
    err = refused(*option, preexec_fn=memory_limit(160 << 20))
    assert f"map '{name}': failed to create: Cannot allocate memory" in err
    assert "smaller --max-conns and --ringbuf" in err


def test_the_next_backend_starts_afresh(spawn, port):
    """Nothing is left of what a refused backend had attached."""
    if not backends("no") or not backends("yes") or BACKEND:
        pytest.skip("none is refused, or all are")
    used = backends("yes")[0]
    w = spawn(WSTRACE, "-p", port, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert f" with {used} ".encode() in w.stderr.readline()
    names = set()
    for kind, n in held({w.pid}):
        if kind == "prog":
            out = subprocess.run([program("bpftool"), "-j", "prog", "show", "id", str(n)],
                                 capture_output=True, check=True).stdout
            names.add(json.loads(out).get("name", ""))
    for other in backends("no"):
        assert not any(name.startswith(other) for name in names), names
    assert any(name.startswith(used) for name in names), names
    w.send_signal(signal.SIGINT)
    assert w.wait(LIMIT) == 0
