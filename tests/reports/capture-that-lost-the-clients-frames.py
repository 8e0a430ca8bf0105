# SPDX-License-Identifier: GPL-2.0-only
"""tcpdump dropped the client's frames, Closes and pongs: nothing is said that rests on them."""
import capture
from lab import Report, wire

REPORT = Report(
    "the-tcpdump-group/tcpdump#600",
    "en",
    never=("without a frame", "did not answer", "early-client-close", "server-heartbeat"),
)


def edit(dump):
    """Of the client there is the handshake alone."""
    packets = capture.read(dump)
    dump_ports = [capture.ports(frame) for _, frame in packets]
    server = min(min(pair) for pair in dump_ports)
    capture.write(
        dump,
        [
            p
            for p, (_, to) in zip(packets, dump_ports)
            if to != server or not capture.payload(p[1]) or b"HTTP/1.1" in p[1]
        ],
    )


def run(lab, broken):
    def server(peer):
        peer.accept()
        if peer.target == "/pings":
            for i in range(5):
                peer.send(wire.PING, f"p{i}")
                assert peer.recv()[0] == wire.PONG
        peer.echo()

    port = lab.serve(server)
    lab.watch()
    for target in ("/short", "/pings"):
        with lab.connect(port) as client:
            assert client.upgrade(target)[0] == 101
            for _ in range(5 * (target == "/pings")):
                client.send(wire.PONG, client.recv()[1])
            client.chat("hello")
            client.goodbye()
