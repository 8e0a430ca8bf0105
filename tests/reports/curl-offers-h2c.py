# SPDX-License-Identifier: GPL-2.0-only
"""curl offers h2c, or speaks HTTP/2 at once, to a server that also has WebSockets."""
from lab import Report, location, program

REPORT = Report(
    "haproxy/haproxy#2183",
    "en",
    never=("upgrade-value", "tls-mismatch", "bad-request-line"),
)


def run(lab, broken):
    front = lab.nginx(location(lab.ws(), "/ws") + 'location / { return 200 "plain"; }')
    lab.watch()
    assert "plain" in lab.to_end(program("curl"), "-s", "--http2", f"http://127.0.0.1:{front}/")
    lab.to_end(
        program("curl"), "-s", "-m", "2", "--http2-prior-knowledge", f"http://127.0.0.1:{front}/"
    )
    assert lab.talk(front) == 101
