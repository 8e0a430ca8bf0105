# SPDX-License-Identifier: GPL-2.0-only
"""Two nginx in a row; the inner one's proxy_read_timeout cuts quiet connections."""
from lab import UPGRADE, Report, Verdict, location

REPORT = Report(
    "kubernetes/ingress-nginx: websockets closed after 60 s though the ingress has 3600",
    "en",
    # The nginx next to the application cut the quiet connection; the outer one only passed the end
    # on.
    right=Verdict("idle-timeout", says=("nginx", "proxy_read_timeout")),
    dump=Verdict("idle-timeout", says=("quiet|without traffic",)),  # packets name no program
    never=("backend-restart", "reload", "app-error", "half-open", "upstream-down"),
)
HOP = []


def check(lab, medium, events, said):
    if not HOP:
        return
    for e in events:
        verdict = e.get("verdict", e)
        if verdict.get("rule") == "idle-timeout":
            assert (
                verdict.get("hop", {}).get("listen", f":{HOP[-1]}").endswith(f":{HOP[-1]}")
            ), verdict


def run(lab, broken):
    back, inner, outer = lab.ws(), lab.port(), lab.port()
    from diag_lab import nginx_conf

    for port, up, limit in ((inner, back, 2 if broken else 20), (outer, inner, 20)):
        folder = lab.dir / str(port)
        folder.mkdir()
        folder.chmod(0o777)
        lab.start(
            [port],
            "nginx",
            nginx_conf(
                folder,
                [
                    (
                        f"127.0.0.1:{port}",
                        location(up, more=UPGRADE + f" proxy_read_timeout {limit}s;"),
                    )
                ],
            ),
            "-p",
            folder,
            "-e",
            folder / "error.log",
            "-c",
        )
    HOP[:] = [inner] if broken else []
    lab.watch()
    with lab.connect(outer) as client:
        assert client.upgrade()[0] == 101
        client.chat("hello")
        if broken:
            client.wait_end()
        else:
            client.goodbye()
