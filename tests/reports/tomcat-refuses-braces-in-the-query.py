# SPDX-License-Identifier: GPL-2.0-only
"""Tomcat answers 400: a filter in JSON was put into the query without percent-encoding."""
from lab import Report, Verdict

REPORT = Report(
    "spring-projects/spring-boot: Invalid character found in the request target",
    "en",
    # The target holds { and ", which must be percent-encoded; that is what the server's page says.
    right=Verdict("bad-request-line refused", says=("target|character|percent|path|query",)),
    never=("auth", "origin-403", "too-large-head", "bad-version", "no-key", "not-found"),
)
PAGE = (
    (
        "<!doctype html><html><head><title>HTTP Status 400 \u2013 Bad Request</title></head><body>"
        "<p><b>Message</b> Invalid character found in the request target [&#47;ws?filter={&quot;a"
        "&quot;:1} ]. The valid characters are defined in RFC 7230 and RFC 3986</p></body></html>"
    )
    .encode("utf-8")
    .decode("latin-1")
)


def run(lab, broken):
    def tomcat(peer):
        peer.read_head()
        if "{" in peer.target:
            peer.refuse(
                "400 ", PAGE, [("Content-Type", "text/html;charset=utf-8"), ("Connection", "close")]
            )
        else:
            peer.accept().echo()

    port = lab.serve(tomcat)
    lab.watch()
    target = '/ws?filter={"a":1}' if broken else "/ws?filter=%7B%22a%22:1%7D"
    assert lab.talk(port, target, {"Origin": "http://app.example"}) == (400 if broken else 101)
