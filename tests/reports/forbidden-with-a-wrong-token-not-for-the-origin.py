# SPDX-License-Identifier: GPL-2.0-only
"""403 for a wrong token; the same server has just taken the same Origin and Host."""
from lab import Report, Verdict

RIGHT = Verdict("refused auth", says=(r"\b403\b",))
REPORT = Report(
    "fastapi/fastapi#572",
    "en",
    right=RIGHT,
    never=("origin-403", "(refused|rejected|because of) the (page's )?origin"),
)
HOST = {"Origin": "https://app.example.com"}


def server(peer):
    peer.read_head()
    if b"token=right" in peer.head:
        peer.accept().echo()
    else:
        peer.refuse()


def run(lab, broken):
    port = lab.serve(server)
    lab.watch()
    for token in ("right", "wrong" if broken else "right"):
        with lab.connect(port) as client:
            status, _ = client.upgrade(f"/ws?token={token}", HOST, host="api.example.com")
            assert status == (101 if token == "right" else 403)
            if status == 101:
                client.chat("hello")
                client.goodbye()
