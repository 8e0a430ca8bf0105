# SPDX-License-Identifier: GPL-2.0-only
"""Varnish passes handshakes on as plain requests: its VCL does not pipe them."""
from lab import Report, Verdict, program, wait_until

RIGHT = Verdict("upgrade-stripped", says=("Upgrade", "pipe|proxy|passes"))
REPORT = Report(
    "varnishcache/varnish-cache#2366",
    "en",
    right=RIGHT,
    never=("upstream-http10", "proxy_set_header"),
)
VCL = """vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "%d"; }
%s
"""
PIPE = """
sub vcl_recv { if (req.http.upgrade ~ "(?i)websocket") { return (pipe); } }
sub vcl_pipe {
  if (req.http.upgrade) {
    set bereq.http.upgrade = req.http.upgrade;
    set bereq.http.connection = req.http.connection;
  }
}
"""


def run(lab, broken):
    backend, front = lab.ws(), lab.port()
    (lab.dir / "v.vcl").write_text(VCL % (backend, "" if broken else PIPE))
    with open(lab.dir / "varnish.log", "w") as log:
        proc = lab.spawn(
            program("varnishd"), "-F", "-j", "none", "-n", lab.dir / "v", "-s", "malloc,8m",
            "-a", f"127.0.0.1:{front}", "-f", lab.dir / "v.vcl", stdout=log, stderr=log,
        )  # fmt: skip
    lab.listens(front, proc)
    wait_until(lambda: "Child launched OK" in lab.log(), "Varnish's child")
    lab.watch()
    assert lab.talk(front) == (426 if broken else 101)
