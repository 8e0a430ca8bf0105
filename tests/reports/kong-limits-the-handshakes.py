# SPDX-License-Identifier: GPL-2.0-only
"""Kong's rate limit answers the reconnecting page with 429."""
from lab import Report, Verdict

REPORT = Report(
    "Kong/kong: rate-limiting plugin and websockets, 429 API rate limit exceeded",
    "en",
    # The gateway refused with 429: this client asks too often; earlier ones got a 101.
    right=Verdict("refused", says=("429", "rate|too many|often|limit")),
    never=("origin-403", "auth", "upstream-down", "not-found", "sticky", "upgrade-stripped"),
)


def run(lab, broken):
    asked = []

    def kong(peer):
        peer.read_head()
        asked.append(1)
        if len(asked) > (2 if broken else 9):
            peer.refuse(
                "429 Too Many Requests",
                '{"message":"API rate limit exceeded"}',
                [("Server", "kong/3.4.0"), ("Retry-After", "31"), ("RateLimit-Remaining", "0")],
            )
        else:
            peer.accept().echo()

    port = lab.serve(kong)
    lab.watch()
    origin = {"Origin": "http://localhost"}
    got = [lab.talk(port, headers=origin) for _ in range(3)]
    assert got == [101, 101, 429 if broken else 101]
