# SPDX-License-Identifier: GPL-2.0-only
"""Heads and messages that are larger than a server takes: how large they were is told."""
import sys

import pytest

import wire
from conftest import listens

HANGS_UP = """
import socket, sys
ls = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    s, n = ls.accept()[0], 0
    while n < int(sys.argv[2]):
        got = s.recv(min(1024, int(sys.argv[2]) - n))
        if not got:
            break
        n += len(got)
    s.close()
"""


@pytest.mark.quick
@pytest.mark.parametrize("reads,size", [(8192, 9000), (16384, 20000), (16384, 16384),
                                        (20000, 40000)])
def test_head_not_read_to_its_end(wstrace, spawn, free_port, reads, size):
    """A server that hangs up in the middle of a head: the request is shown, with what came of it."""
    port = free_port()
    listens(port, spawn(sys.executable, "-c", HANGS_UP, str(port), str(reads)))
    head = wire.request_head("/long", [("Cookie", "session=secret" + "a" * size)])
    head = head[:size] if size == reads else head
    w = wstrace("-p", port, "--only", "handshake,verdict,close")
    with wire.connect(port) as sock:
        sock.sendall(head)
        wire.recv_eof(sock)
    w.wait("verdict")
    run = w.stop()
    v = run.one("verdict")
    assert v["rule"] == "too-large-head" and v["certainty"] == "likely", v
    assert reads <= v["evidence"]["head_len"] <= len(head), v
    assert str(v["evidence"]["head_len"]) in v["text"]
    assert run.one("request")["target"] == "/long" and "secret" not in str(run.events)
