# SPDX-License-Identifier: GPL-2.0-only
"""Adding a site to Caddy closes the WebSockets of all others."""
import urllib.request

from lab import Report, Verdict

REPORT = Report(
    "caddyserver/caddy#6420", "en",
    # Caddy 2.6 does not mask the Close that it sends to the backend: true, but not the cause.
    right=Verdict("reload", says=("caddy", "reload|configuration|stopped"), hop="caddy",
                  also="mask-c2s"),
    never=("backend-restart", "app-error", "idle-timeout", "early-client-close"),
)
CADDYFILE = """
{
  admin 127.0.0.1:%d
  auto_https off
  storage file_system %s
}
http://:%d {
  reverse_proxy 127.0.0.1:%d
  header X-Sites %s
}
"""


def run(lab, broken):
    backend, front, admin = lab.ws(), lab.port(), lab.port()
    conf = CADDYFILE % (admin, lab.dir, front, backend, "one")
    lab.start([front], "caddy", conf, "run", "--adapter", "caddyfile", "--config",
              env={"HOME": str(lab.dir), "PATH": "/usr/bin"})
    lab.watch(front, backend)
    clients = [lab.connect(front) for _ in range(3)]
    for client in clients:
        assert client.upgrade()[0] == 101
        client.chat("hello")
    if broken:
        urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{admin}/load", conf.replace("X-Sites one", "X-Sites two").encode(),
            {"Content-Type": "text/caddyfile"}), timeout=10).close()
        for client in clients:
            client.wait_end()
            client.close()
        return
    for client in clients:
        client.goodbye()
