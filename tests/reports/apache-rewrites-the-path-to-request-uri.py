# SPDX-License-Identifier: GPL-2.0-only
"""The WebSocket fails behind Apache since the last update, while the pages work."""
from lab import Report, Verdict, diag_lab

REPORT = Report(
    "homebridge/homebridge-config-ui-x#259", "en",
    # RewriteRule .* ws://localhost:8081/{REQUEST_URI} lacks a percent sign.
    right=Verdict("path-rewritten not-found", says=(r"\{REQUEST_URI\}|%7BREQUEST_URI%7D",),
                  hop="apache2"),
    never=("upgrade-stripped", "upstream-down", "auth", "proxy-rejected-101"),
)
HOST = """
LoadModule proxy_wstunnel_module /usr/lib/apache2/modules/mod_proxy_wstunnel.so
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
  RewriteEngine on
  RewriteCond %{{HTTP:UPGRADE}} ^WebSocket$ [NC]
  RewriteRule .* ws://127.0.0.1:{backend}{path} [P]
</VirtualHost>
"""


def run(lab, broken):
    def socket_io(peer):
        peer.read_head()
        if not peer.target.startswith("/socket.io/"):
            peer.refuse("404 Not Found", "Cannot GET " + peer.target)
            peer.wait_end()
            return
        peer.accept().echo()

    port, path = lab.port(), "/{REQUEST_URI}" if broken else "%{REQUEST_URI}"
    lab.start([port], "apache2", diag_lab.APACHE.format(dir=lab.dir, main="") + HOST.format(
        port=port, backend=lab.serve(socket_io), path=path), "-DFOREGROUND", "-f")
    lab.watch()
    assert lab.talk(port, "/socket.io/?EIO=3&transport=websocket") == (404 if broken else 101)
