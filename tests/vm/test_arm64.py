# SPDX-License-Identifier: GPL-2.0-only
"""On Debian's arm64 kernel WSTRACE_VM_SERIES: compares the frames that were sent with wstrace's output.

The guest of tests/vm/arm64 has no Python: arm64-guest makes the traffic there, once for all tests
that are to run, and its files are judged here, by the code that judges the live tests.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "live"))

from conftest import CLOSING, Run, check                                   # noqa: E402
from test_iomatrix import COUNTED, SLOW, check_shape, end_of, expand, shapes  # noqa: E402
from test_random import check_stream                                       # noqa: E402

BUILD = HERE.parent.parent / "build/arm64"
SERIES = os.environ.get("WSTRACE_VM_SERIES", "6.12")
# trampolines for BPF came to arm64 in 6.4, with direct calls
BACKENDS = ["kprobe"] if SERIES == "6.1" else ["fentry", "kprobe", "tracepoint"]
FRAMES = 600
SECONDS = int(os.environ.get("WSTRACE_VM_TIMEOUT", "1800"))
NO_SHAPE = {"sockmap": "iomatrix waits forever in recv() on arm64 (Linux 6.12.107), untraced"}

# as in test_random.py; the first is the quick one
CASES = [(11, "both", ""), (4, "server", "small"), (6, "client", "wrap v6"), (10, "both", "mmsg")]
ROLES = {"server": ["server"], "client": ["client"], "both": ["client", "server"]}


def case_lines(items):
    """Returns the commands for the guest."""
    lines, shapes_of = [], collections.defaultdict(list)
    for params in (i.callspec.params for i in items if i.path == pathlib.Path(__file__).resolve()):
        backend = params["backend"]
        if "case" in params:
            seed, side, modes = params["case"]
            lines.append(f"stream {backend} {seed} {FRAMES} {side} {len(ROLES[side])} {modes}")
        elif params["shape"] not in NO_SHAPE:
            name = "counted --only+open,close" if params["shape"] in COUNTED else "shapes --side+both"
            shapes_of[backend, name].append(params["shape"])
    lines += [f"matrix {backend} {name} {' '.join(names)}"
              for (backend, name), names in shapes_of.items()]
    return "".join(line + "\n" for line in lines)


@pytest.fixture(scope="module")
def out(request, tmp_path_factory):
    """Returns the folder with the guest's files."""
    out = tmp_path_factory.mktemp("arm64")
    programs = [BUILD / "wstrace", BUILD / "tests/randstream", BUILD / "tests/iomatrix"]
    for p in programs:
        if not p.exists():
            pytest.skip(f"{p.relative_to(BUILD.parent.parent)} is not built: "
                        "tools/deps vm-arm64 && make ARCH=arm64 all test-programs")
    cases = out / "cases"
    cases.write_text(case_lines(request.session.items))
    done = subprocess.run([HERE / "arm64", SERIES, out, *programs, HERE / "arm64-guest", cases,
                           "--", "arm64-guest"], capture_output=True, text=True,
                          env={**os.environ, "WSTRACE_VM_TIMEOUT": str(SECONDS)}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stdout, done.stdout
    usable = [line.split()[0] for line in (out / "check").read_text().splitlines()
              if line.split()[1:2] == ["yes:"]]
    assert [b for b in usable if b in ("fentry", "kprobe", "tracepoint")] == BACKENDS
    return out


def read_json(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def read_run(out, name, backend):
    """Returns a run of wstrace, as Wstrace.stop() of conftest.py does."""
    stderr = (out / f"{name}.err").read_text()
    assert (out / f"{name}.status").read_text() == "0\n", stderr
    closing = CLOSING.search(stderr)
    assert closing, stderr
    events = read_json(out / f"{name}.ndjson")
    assert events[0]["type"] == "start" and events[0]["backend"] == backend
    assert events[-1]["type"] == "end" and events[-1]["lost"] == 0
    check(events)
    return Run(events, 0, stderr, tuple(int(x) for x in closing.groups()))


@pytest.mark.parametrize("case", [pytest.param(c, marks=[] if i else pytest.mark.quick, id="-".join(
    [str(c[0]), c[1], *c[2].split()])) for i, c in enumerate(CASES)])
@pytest.mark.parametrize("backend", BACKENDS)
def test_random_stream_arm64(out, backend, case):
    seed, side, modes = case
    run = read_run(out, f"{backend}-{seed}", backend)
    assert "randstream" not in run.stderr, (out / f"{backend}-{seed}.calls").read_text()
    sent = read_json(out / f"{backend}-{seed}.sent")
    assert len(sent) == 2 * FRAMES
    assert sorted(e["role"] for e in run.of("open")) == ROLES[side]
    assert not run.of("resync") and not run.of("lost") and not run.of("opaque")
    for o in run.of("open"):
        check_stream(run, o["conn"], sent)
    if "wrap" in modes:
        seqs = [f["seq"] for f in run.frames(dir="c2s")]
        assert any(a > b for a, b in zip(seqs, seqs[1:])), "the sequence numbers did not wrap"
    n = len(ROLES[side])
    assert run.closing == (n, n * len(sent), n * sum(f["len"] for f in sent), 0)


@pytest.fixture(scope="module")
def matrix(out):
    """matrix(backend, name): the run and its marks, read once."""
    runs = {}

    def get(backend, name):
        key = f"{backend}-{name}"
        if key not in runs:
            marks = [line.split() for line in (out / f"{key}.marks").read_text().splitlines()]
            runs[key] = (read_run(out, key, backend).events,
                         {shape: (int(status), int(at), int(after[2])) for
                          (shape, status, at), after in zip(marks, marks[1:])})
        return runs[key]

    return get


@pytest.mark.parametrize("shape", [s for s in shapes() if s not in SLOW])
@pytest.mark.parametrize("backend", BACKENDS)
def test_shape_arm64(out, matrix, backend, shape):
    if shape in NO_SHAPE:
        pytest.skip(NO_SHAPE[shape])
    name = "counted" if shape in COUNTED else "shapes"
    events, marks = matrix(backend, name)
    status, begin, end = marks[shape]
    sent = [f for e in read_json(out / f"{backend}-{name}.{shape}.sent") for f in expand(e, shape)]
    if status == 77:
        pytest.skip(sent[-1]["skip"])
    assert status == 0, (out / f"{backend}-{name}.{shape}.err").read_text()
    cports = {f["cport"] for f in sent}
    ends = {e["conn"]: [] for e in events[begin:end]
            if e["type"] == "open" and any(end_of(e, cport) for cport in cports)}
    for e in events:
        if e.get("conn") in ends:
            ends[e["conn"]].append(e)
    check_shape(shape, backend, sent, list(ends.values()))
