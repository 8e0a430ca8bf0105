# SPDX-License-Identifier: GPL-2.0-only
"""ws:// to nginx's port 443: 400, The plain HTTP request was sent to HTTPS port."""
from lab import Report, Verdict, location, nginx_conf

REPORT = Report(
    "serverfault: 400 The plain HTTP request was sent to HTTPS port",
    "en",
    right=Verdict("tls-mismatch", says=("TLS|HTTPS|wss",)),
    never=("auth", "origin-403", "too-large-head", "upstream-down", "refused", "bad-request-line"),
)


def run(lab, broken):
    cert, key = lab.certificate()
    back, port = lab.ws(), lab.port()
    lab.start(
        [port],
        "nginx",
        nginx_conf(
            lab.dir,
            [
                (
                    f"127.0.0.1:{port}" + (" ssl" if broken else ""),
                    f"ssl_certificate {cert}; ssl_certificate_key {key}; " + location(back),
                )
            ],
        ),
        "-p",
        lab.dir,
        "-e",
        lab.dir / "error.log",
        "-c",
    )
    lab.watch()
    assert lab.talk(port, headers={"Origin": "http://localhost"}) == (400 if broken else 101)
