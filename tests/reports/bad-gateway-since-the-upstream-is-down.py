# SPDX-License-Identifier: GPL-2.0-only
"""nginx answers 502: nothing listens on its upstream's port."""
from lab import Report, Verdict, location

RIGHT = Verdict("upstream-down", says=("refused|nothing listens",))
REPORT = Report(
    "nginx-proxy/nginx-proxy#495",
    "en",
    right=RIGHT,
    never=("not among the ports traced", r"--comm\s*$", "proxy-rejected-101"),
)


def run(lab, broken):
    backend = lab.port() if broken else lab.ws()
    front = lab.nginx(location(backend))
    lab.watch(front, backend)
    assert lab.talk(front) == (502 if broken else 101)
