# SPDX-License-Identifier: GPL-2.0-only
"""On Debian's arm64 kernel WSTRACE_VM_SERIES: randstream's frames, held against what wstrace saw.

The programs run in the guest of tests/vm/arm64, this file outside of it.
"""
import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "live"))

from conftest import CLOSING, Run, check    # noqa: E402
from test_random import check_stream        # noqa: E402

BUILD = HERE.parent.parent / "build/arm64"
SERIES = os.environ.get("WSTRACE_VM_SERIES", "6.12")
FRAMES = 600
SECONDS = 240

# as in test_random.py, but for v6, which these kernels have, too
CASES = [(1, ("both", "")), (2, ("server", "small")), (3, ("client", "wrap v6")), (4, ("both", "mmsg"))]

# Runs one case with each backend that --check calls usable.
GUEST = """
wait_for() { # PATTERN N FILE
    i=0
    until [ "$(grep -c "$1" "$3")" -ge "$2" ]; do
        i=$((i + 1)); [ $i -lt 1200 ] && kill -0 $tracer || return
        usleep 50000
    done
}
cd /out
wstrace --check >check
for backend in $(sed -n 's/^\\(fentry\\|kprobe\\|tracepoint\\) *yes.*/\\1/p' check); do
    while read -r seed side closes modes; do
        o=$backend-$seed
        : >$o.err
        wstrace -j -p 9000 --side $side --ringbuf 64 --backend $backend >$o.ndjson 2>$o.err &
        tracer=$!
        wait_for 'wstrace: tracing' 1 $o.err
        randstream 9000 $seed FRAMES $modes >$o.sent 2>$o.calls || echo "randstream: $?" >>$o.err
        wait_for '"type":"close"' $closes $o.ndjson
        kill -INT $tracer
        wait $tracer
        echo $? >$o.status
    done </cases
done
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder of what the guest left: one guest for all cases, as most of its time is boot."""
    out = tmp_path_factory.mktemp("arm64")
    programs = [BUILD / "wstrace", BUILD / "tests/randstream"]
    for p in programs:
        if not p.exists():
            pytest.skip(f"{p.relative_to(BUILD.parent.parent)} is not built: "
                        "tools/deps vm-arm64 && make ARCH=arm64 all test-programs")
    cases = out / "cases"
    cases.write_text("".join(f"{seed} {side} {2 if side == 'both' else 1} {modes}\n"
                             for seed, (side, modes) in CASES))
    done = subprocess.run([HERE / "arm64", SERIES, out, *programs, cases, "--",
                           GUEST.replace("FRAMES", str(FRAMES))], capture_output=True, text=True,
                          env={**os.environ, "WSTRACE_VM_TIMEOUT": str(SECONDS)}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    print((out / "check").read_text())
    return out


def usable(out):
    return [line.split()[0] for line in (out / "check").read_text().splitlines()
            if line.split()[1:2] == ["yes:"]]


@pytest.mark.parametrize("seed,how", CASES, ids=[f"{s}-{'-'.join(' '.join(h).split())}"
                                                 for s, h in CASES])
@pytest.mark.parametrize("backend", ["fentry", "kprobe", "tracepoint"])
def test_random_stream_arm64(out, backend, seed, how):
    if backend not in usable(out):
        assert backend != "kprobe", "every kernel has kprobes"
        pytest.skip(f"Linux {SERIES} on arm64 allows no {backend}")
    side, modes = how
    name = f"{backend}-{seed}"
    stderr = (out / f"{name}.err").read_text()
    assert (out / f"{name}.status").read_text() == "0\n", stderr
    assert "randstream" not in stderr, stderr + (out / f"{name}.calls").read_text()
    closing = CLOSING.search(stderr)
    assert closing, stderr
    events = [json.loads(line) for line in (out / f"{name}.ndjson").read_text().splitlines()]
    assert events[0]["type"] == "start" and events[0]["backend"] == backend
    assert events[-1]["type"] == "end"
    check(events)
    sent = [json.loads(line) for line in (out / f"{name}.sent").read_text().splitlines()]
    assert len(sent) == 2 * FRAMES
    run = Run(events, 0, stderr, tuple(int(x) for x in closing.groups()))
    roles = {"server": ["server"], "client": ["client"], "both": ["client", "server"]}[side]
    assert sorted(e["role"] for e in run.of("open")) == roles
    assert not run.of("resync") and not run.of("lost") and not run.of("opaque")
    for o in run.of("open"):
        check_stream(run, o["conn"], sent)
    if "wrap" in modes:
        seqs = [f["seq"] for f in run.frames(dir="c2s")]
        assert any(a > b for a, b in zip(seqs, seqs[1:])), "the sequence numbers did not wrap"
    assert run.closing == (len(roles), len(sent) * len(roles), run.closing[2], 0)
