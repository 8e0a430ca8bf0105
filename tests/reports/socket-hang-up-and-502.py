# SPDX-License-Identifier: GPL-2.0-only
"""nginx says 502, and the application itself hangs up on every handshake."""
from lab import Report, Verdict, location

REPORT = Report(
    "evolution-foundation/evolution-api#741", "pt",
    right=Verdict("upstream-mute refused app-error tls-mismatch",
                  says=(r"without (an |any )?answer|(never|not) answer|no answer",)),
    never=("upgrade-stripped", "upstream-down", "proxy-rejected-101", "early-client-close"),
)


def run(lab, broken):
    def evolution(peer):
        peer.read_head()
        if not broken:
            peer.accept().echo()

    front = lab.nginx(location(lab.serve(evolution)))
    lab.watch()
    assert lab.talk(front, "/instance") == (502 if broken else 101)
