# SPDX-License-Identifier: GPL-2.0-only
"""-r of captures that lack packets or bytes: what is there is judged, and nothing that is not."""
import random

import pytest

from captures import (ACK, CLIENT, MASK, RST, SERVER, SYN, Capture, Tcp, accepted,
                      close_frame, frame, head, request)
from conftest import of
from read_file import read, read_bytes, rules

pytestmark = pytest.mark.unprivileged
PROXY = ("192.0.2.2", 4000)
UPSTREAM = ("192.0.2.3", 9000)


class Talk:
    """A connection whose clock goes on with each packet."""

    def __init__(self, **ends):
        self.capture, self.t = Capture(), 0
        self.tcp = Tcp(self.capture, **ends)
        self.tcp.opens(0)

    def after(self, seconds):
        self.t += seconds
        return self

    def client(self, data):
        self.tcp.client(self.after(0.01).t, data)
        self.tcp.segment(self.t + 0.001, SERVER, ACK)
        return self

    def server(self, data):
        self.tcp.server(self.after(0.01).t, data)
        self.tcp.segment(self.t + 0.001, CLIENT, ACK)
        return self

    def closes(self, first):
        self.tcp.closes(self.after(0.01).t, first)
        return self.capture.packets


def ordinary():
    c = Talk().client(request()).server(accepted())
    for i in range(4):
        c.client(frame(0x81, b"question" * i, MASK)).server(frame(0x81, b"answer" * 40 * i))
    c.client(close_frame(1000, mask=MASK)).server(close_frame(1000))
    return c.closes(SERVER)


def heartbeats():
    c = Talk().client(request()).server(accepted())
    for i in range(3):
        c.after(10).server(frame(0x89, b"p%d" % i)).client(frame(0x8a, b"p%d" % i, MASK))
    return c.server(close_frame(1011, b"keepalive ping timeout")).closes(SERVER)


def compressed():
    offer = ("Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Extensions: permessage-deflate")
    agreed = ("Sec-WebSocket-Protocol: b", "Sec-WebSocket-Extensions: permessage-deflate")
    c = Talk().client(request("/ws", *offer)).server(accepted(*agreed))
    c.client(frame(0xc1, b"abc", MASK)).server(frame(0xc1, b"xyz"))
    c.client(close_frame(1000, mask=MASK)).server(close_frame(1000))
    return c.closes(SERVER)


def page_first():
    c = Talk().client(head("GET /page HTTP/1.1", "Host: example.com"))
    c.server(head("HTTP/1.1 200 OK", "Content-Length: 900") + b"b" * 900)
    c.client(request()).server(accepted()).client(frame(0x81, b"a", MASK))
    c.client(close_frame(1001, mask=MASK)).server(close_frame(1001))
    return c.closes(SERVER)


def with_credentials():
    c = Talk().client(request())
    c.server(head("HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Basic", "Content-Length: 0"))
    c.client(request("/ws", "Authorization: Basic eDp5")).server(accepted())
    c.client(frame(0x81, b"a", MASK)).server(frame(0x81, b"b"))
    c.client(close_frame(1000, mask=MASK)).server(close_frame(1000))
    return c.closes(SERVER)


def missing(packets):
    """What may be left of a capture, each with a name."""
    n = len(packets)
    for i in range(n):
        yield f"without {i}", packets[:i] + packets[i + 1:]
        yield f"from {i} on", packets[i:]
        yield f"up to {i}", packets[:i]
        yield f"without {i} to {i + 5}", packets[:i] + packets[i + 6:]
        for side in (b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"):
            yield f"without {side[3]}'s since {i}", [p for j, p in enumerate(packets)
                                                     if j < i or p[1][26:30] != side]
            yield f"without {side[3]}'s data since {i}", [
                p for j, p in enumerate(packets)
                if j < i or p[1][26:30] != side or len(p[1]) == 54]
    for seed in range(20):
        rnd = random.Random(seed)
        yield f"random {seed}", [p for p in packets if rnd.random() > 0.3]


@pytest.mark.parametrize("talk, true", ((ordinary, set()), (heartbeats, {"server-heartbeat"}),
                                        (compressed, set()), (page_first, set()),
                                        (with_credentials, set())),
                         ids=lambda x: getattr(x, "__name__", ""))
def test_no_verdict_needs_what_is_missing(tmp_path, talk, true):
    packets = sorted(talk())
    assert rules(tmp_path, packets) == sorted(true)
    for name, left in missing(packets):
        assert set(rules(tmp_path, left)) <= true, name
    for snaplen in range(54, 400, 6):
        assert set(rules(tmp_path, packets, snaplen=snaplen)) <= true, snaplen


@pytest.mark.parametrize("status, more, says", (
    ("404 Not Found", "Content-Length: 0", ["not-found"]),
    ("502 Bad Gateway", "Content-Length: 0", ["refused"]),
    ("400 Bad Request", "Content-Length: 900", ["refused"]),
    ("401 Unauthorized", "Content-Length: 0", [])))
def test_file_that_ends_with_the_refusal(tmp_path, status, more, says):
    """Whoever stops tcpdump then has seen enough, unless credentials may follow."""
    talk = Talk().client(request()).server(head(f"HTTP/1.1 {status}", more))
    assert rules(tmp_path, talk.capture.packets) == says


def pings_unanswered(pongs):
    c = Talk().client(request()).server(accepted())
    for i in range(3):
        c.after(10).server(frame(0x89, b"p%d" % i))
        if i < pongs:
            c.client(frame(0x8a, b"p%d" % i, MASK))
    return c.after(20).closes(SERVER)


def test_ping_without_an_answer_is_judged_where_all_was_seen(tmp_path):
    assert rules(tmp_path, pings_unanswered(1)) == ["server-heartbeat"]
    answered = sorted(pings_unanswered(3))
    lost = [p for p in answered if b"\x8a\x82" not in p[1]]
    assert len(lost) == len(answered) - 3
    assert "server-heartbeat" not in rules(tmp_path, lost)


def test_bytes_missing_at_the_start_do_not_matter_at_the_end(tmp_path):
    c = Talk().client(request()).server(accepted())
    for i in range(8):
        c.client(frame(0x81, b"question", MASK)).server(frame(0x81, b"answer"))
    packets = sorted(c.after(60).closes(SERVER))
    assert rules(tmp_path, packets) == ["idle-timeout"]
    assert rules(tmp_path, packets[:11] + packets[13:]) == ["idle-timeout"]
    assert rules(tmp_path, packets[1:]) == ["idle-timeout"]  # without the SYN


def test_frame_is_judged_without_the_syn(tmp_path):
    packets = sorted(Talk().client(request()).server(accepted()).client(frame(0x81, b"no mask"))
                     .closes(SERVER))
    assert "mask-c2s" in rules(tmp_path, packets[1:])


@pytest.mark.parametrize("reason", (b"keepalive ping timeout", "\u00fc\u00fc\u00fc".encode()))
def test_reason_that_is_cut_is_not_judged(tmp_path, reason):
    c = Talk().client(request()).server(accepted()).client(frame(0x81, b"a", MASK))
    packets = c.server(close_frame(1011, reason)).closes(SERVER)
    for n in range(4, len(reason) + 4):
        short = [(t, p[:54 + n] if reason in p else p, len(p)) for t, p in packets]
        assert rules(tmp_path, short) in ([], ["server-heartbeat"]), n


@pytest.mark.parametrize("snaplen", (64, 96, 128))
def test_snaplen_is_told_once(tmp_path, snaplen):
    got = read(tmp_path, ordinary(), snaplen=snaplen)
    said = [line for line in got.stderr.splitlines() if "snaplen" in line]
    assert len(said) == 1 and f" packets were cut at snaplen {snaplen}: " in said[0]
    assert "capture with -s 0" in said[0]
    assert "snaplen" not in read(tmp_path, ordinary()).stderr


def test_snaplen_that_costs_payload_alone_is_not_told(tmp_path):
    packets = [p for p in ordinary()[3:] if b"HTTP" not in p[1]]
    assert "snaplen" not in read(tmp_path, packets, snaplen=80).stderr


def front(status, *attempts):
    """A proxy's connection, and what it tries: (kind, seconds until it goes on)."""
    c = Talk().client(request())
    for i, (kind, seconds) in enumerate(attempts):
        up = Tcp(c.capture, PROXY, (f"192.0.2.{3 + i}", 9000))
        for again in ((0, 1, 3, 7, 15) if kind == "silent" else (0,)):
            if again <= seconds:
                up.segment(c.t + again, CLIENT, SYN, seq=1000)
        up.seq[CLIENT] = 1001
        if kind == "refused":
            up.segment(c.t + 0.0002, SERVER, RST | ACK, seq=0)
        elif kind == "accepted":
            up.segment(c.t + 0.0002, SERVER, SYN | ACK)
            up.segment(c.t + 0.0003, CLIENT, ACK)
        c.after(seconds)
    if status:
        c.server(head(f"HTTP/1.1 {status} No", "Server: nginx/1.22.1", "Content-Length: 0"))
    return sorted(c.closes(SERVER if status else CLIENT))


@pytest.mark.parametrize("status, attempts", (
    (502, [("refused", 0.01)]), (502, [("refused", 0.01), ("refused", 0.01)]),
    (504, [("silent", 60)]), (504, [("silent", 1)]), (503, [("silent", 1), ("silent", 1)]),
    (None, [("silent", 30)])))
def test_upstream_that_cannot_be_reached_is_found(tmp_path, status, attempts):
    got = read(tmp_path, front(status, *attempts))
    verdict, = of(got, "verdict")
    assert verdict["rule"] == "upstream-down" and len(verdict["legs"]) == 2
    assert f"192.0.2.{2 + len(attempts)}:9000" in verdict["text"]
    how = "refused" if attempts[0][0] == "refused" else "timeout"
    assert [e["how"] for e in of(got, "close")].count(how) == len(attempts)


@pytest.mark.parametrize("status, attempts", (
    (502, [("refused", 0.01)]), (504, [("silent", 60)]), (504, [("silent", 1)])))
def test_own_file_has_the_same_attempts(tmp_path, status, attempts):
    own = tmp_path / "own.pcapng"
    want = read(tmp_path, front(status, *attempts), "-w", str(own))
    got = read_bytes(own, own.read_bytes())
    for events in (want, got):
        verdict, = of(events, "verdict")
        assert verdict["rule"] == "upstream-down"
    assert [e["how"] for e in of(got, "close")] == [e["how"] for e in of(want, "close")]


def test_own_file_is_cut_on_purpose(tmp_path):
    own = tmp_path / "own.pcapng"
    lossy = [p for i, p in enumerate(sorted(ordinary())) if i % 5 != 3]
    read(tmp_path, lossy, "-w", str(own))
    assert "snaplen" not in read_bytes(own, own.read_bytes()).stderr


def test_late_answer_to_a_syn_is_a_connection(tmp_path):
    capture = Capture()
    tcp = Tcp(capture)
    for t in (0, 1, 3):
        tcp.segment(t, CLIENT, SYN, seq=1000)
    tcp.seq[CLIENT] = 1001
    tcp.segment(3.1, SERVER, SYN | ACK)
    tcp.client(3.2, request())
    tcp.server(3.3, accepted())
    tcp.client(3.4, close_frame(1000, mask=MASK))
    tcp.server(3.5, close_frame(1000))
    tcp.closes(3.6)
    got = read(tmp_path, capture.packets)
    assert len(of(got, "open")) == 1 and of(got, "close")[0]["how"] == "fin"


def test_packets_seen_twice_are_taken_once_and_counted(tmp_path):
    packets = [(t, p[:18] + (i + 1).to_bytes(2, "big") + p[20:])  # an identification each
               for i, (t, p) in enumerate(sorted(ordinary()))]
    twice = sorted(packets + [(t + 2000, p[:22] + bytes([p[22] - 1]) + p[23:]) for t, p in packets])
    once, got = read(tmp_path, packets), read(tmp_path, twice)
    for e in once + got:
        e.pop("packet", None)
    assert got[1:] == once[1:]
    assert f": {len(packets)} packets are copies of others, as of several interfaces, " in got.stderr
    again = sorted(packets + [(t + 5000, p[:18] + b"\xff\xff" + p[20:]) for t, p in packets
                              if b"answer" in p])
    got = read(tmp_path, again)
    assert "copies" not in got.stderr and of(got, "close")[0]["retrans"] == 3
