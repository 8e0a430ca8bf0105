# SPDX-License-Identifier: GPL-2.0-only
"""Three hops on one host: each in turn spoils the handshake, with all ports traced, or two of them."""
import pytest

from diag_lab import UPGRADE, ask, lab, location, talk  # noqa: F401
from test_diagnose import diagnosed, rules

pytestmark = pytest.mark.one_kernel


def chain(lab, front, middle, spoils):
    """Returns the ports of front, middle and backend; spoils: whose Upgrade header is removed."""
    backend = lab.backend()
    ports = [backend]
    for kind, name in ((middle, "middle"), (front, "front")):
        if kind == "nginx":
            ports.append(nginx(lab, ports[-1], "" if spoils == name else UPGRADE))
        else:
            ports.append(lab.haproxy(ports[-1], "http-request del-header upgrade"
                                     if spoils == name else ""))
    return ports[::-1]


def nginx(lab, to, more):
    """Starts an nginx in a folder of its own: two of them must not share one."""
    where = lab.dir
    lab.dir = where / f"nginx{to}"
    lab.dir.mkdir()
    try:
        return lab.nginx(location(to, more=more))
    finally:
        lab.dir = where


KINDS = [("haproxy", "nginx"), ("nginx", "nginx"), ("nginx", "haproxy")]


@pytest.mark.parametrize("spoils", ["front", "middle", None])
@pytest.mark.parametrize("front,middle", KINDS)
def test_three_hops(wstrace, lab, front, middle, spoils):
    ports = chain(lab, front, middle, spoils)
    run = diagnosed(wstrace, ports, lambda: ask(ports[0])[0].close() if spoils else talk(ports[0]), 1)
    assert rules(run) == (["upgrade-stripped"] if spoils else [])
    if not spoils:
        assert len(run.of("leg")) == 2
        return
    v = run.one("verdict")
    at = ports[0] if spoils == "front" else ports[1]
    assert v["hop"] == {"comm": front if spoils == "front" else middle, "listen": f"127.0.0.1:{at}"}
    assert len(v["legs"]) >= 2


@pytest.mark.parametrize("spoils", ["front", "middle"])
@pytest.mark.parametrize("front,middle", KINDS)
def test_a_hop_that_is_not_traced(wstrace, lab, front, middle, spoils):
    """Nobody sees which of the two it was, so that none is blamed."""
    ports = chain(lab, front, middle, spoils)
    run = diagnosed(wstrace, (ports[0], ports[2]), lambda: ask(ports[0])[0].close(), 1)
    v = run.one("verdict")
    assert v["rule"] == "upgrade-stripped" and "hop" not in v and len(v["legs"]) == 2
    assert f"{front} on 127.0.0.1:{ports[0]}" in v["text"] and "not seen" in v["text"]
    assert middle in v["text"] and f"{middle} on 127.0.0.1:{ports[1]}" not in v["text"]
    assert "wstrace -p any" in v["fix"]


def test_every_port_shows_the_hop(wstrace, lab):
    """The command that the fix names leads to the culprit."""
    ports = chain(lab, "haproxy", "nginx", "middle")
    run = diagnosed(wstrace, ("any",), lambda: ask(ports[0])[0].close(), 1)
    mine = [v for v in run.of("verdict") if str(ports[2]) in str(v["evidence"])]
    assert [v["rule"] for v in mine] == ["upgrade-stripped"]
    assert mine[0]["hop"]["listen"] == f"127.0.0.1:{ports[1]}"
