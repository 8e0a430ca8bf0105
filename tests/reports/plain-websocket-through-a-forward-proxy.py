# SPDX-License-Identifier: GPL-2.0-only
"""ws:// through squid's CONNECT: a WebSocket as any other, with all its frames, in files, too."""
import subprocess

from lab import WSTRACE, Report

REPORT = Report(
    "lysine-dev/okhttp#4390", "en"
)
SQUID = """
http_port 127.0.0.1:{port}
http_access allow localhost
access_log none
cache_log /dev/null
pid_filename none
shutdown_lifetime 0
"""


def check(lab, medium, events, said):
    frames = [e for e in events if e["type"] == "frame"]
    assert len(frames) == 4, f"{len(frames)} of 4 frames"
    if medium == "dump":
        out = lab.dir / "again.pcapng"
        subprocess.run(
            [WSTRACE, "-q", "-r", lab.dir / "dump.pcap", "-s", "full", "-w", out],
            check=True,
            capture_output=True,
        )
        seen = lab.to_end(
            "tshark", "-n", "-r", out, "-Y", "websocket", "-T", "fields", "-e", "websocket.opcode"
        )
        opcodes = [x for line in seen.splitlines() for x in line.split(",") if x.isdigit()]
        assert len(opcodes) == 4, f"tshark sees {len(opcodes)} of 4 frames in the file of -w"


def run(lab, broken):
    server, proxy = lab.ws(), lab.port()
    lab.start([proxy], "squid", SQUID.format(port=proxy), "-N", "-n", f"w{proxy}", "-f")
    lab.watch(proxy)
    with lab.connect(proxy) as client:
        client.raw(f"CONNECT localhost:{server} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if client.answer()[0] != 200:
            client.close()
            raise AssertionError(client.head)
        assert client.upgrade()[0] == 101
        client.chat("hello")
        client.goodbye()
