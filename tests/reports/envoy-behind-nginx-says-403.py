# SPDX-License-Identifier: GPL-2.0-only
"""WebSockets fail with 403 once nginx stands before Envoy."""
from lab import UPGRADE, Report, Verdict, location

REPORT = Report(
    "istio/istio#29427", "en",
    # nginx sends Upgrade twice; Envoy joins both to "websocket,websocket", which it does not know.
    right=Verdict("upgrade-value bad-header", says=("twice|two |2 Upgrade|websocket, ?websocket",),
                  hop="nginx"),
    never=("auth", "origin-403", "upgrade-stripped"),
)


def run(lab, broken):
    def envoy(peer):
        if peer.read_head().lower().count(b"\nupgrade: websocket") != 1:
            peer.refuse("403 Forbidden", "", [("server", "istio-envoy")])
            return
        peer.accept().echo()

    twice = UPGRADE + " proxy_set_header Upgrade $http_upgrade;"
    front = lab.nginx(location(lab.serve(envoy), more=twice if broken else UPGRADE))
    lab.watch()
    assert lab.talk(front, "/websocket/podshell/") == (403 if broken else 101)
