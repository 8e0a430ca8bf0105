// SPDX-License-Identifier: GPL-2.0-only
/* The long form of the rules in bytes.c: what --explain prints, and the fix of a verdict. */
#include "rules/rules.h"

const struct rule_help help_bytes[] = {
	{ "proxy-protocol",
	  "a PROXY header that is not expected, or that is missing",
	  "The PROXY protocol tells a server the address of the client behind a proxy, in a line "
	  "or some bytes before the request. Both sides must be told: a server that does not "
	  "expect it takes it for a bad request (400) or hangs up; one that "
	  "expects it hangs up on a client "
	  "that does not send it, without a word.",
	  "The line of the open says \"for ADDRESS (PROXY v1)\" where there is one",
	  "send the PROXY header where it is expected, and only there",
	  { [PROXY_NGINX] = "proxy_protocol on; in stream {} sends it, listen ... proxy_protocol; "
			    "expects it: both, or neither",
	    [PROXY_HAPROXY] = "send-proxy or send-proxy-v2 on the server line sends it, "
			      "accept-proxy on the bind line expects it: both, or neither (nginx "
			      "behind it: listen ... proxy_protocol;)" } },
	{ "bad-request-line",
	  "the first line of the request is not as HTTP wants it",
	  "A request line is a method, a target and HTTP/1.1, with one blank between them and "
	  "none within. Clients that put text into a URL without encoding it make "
	  "others; so does nginx, "
	  "where proxy_pass names a URL with $uri, which is decoded.",
	  "The request, which is shown as it was sent; JSON has bad_line.",
	  "encode what goes into the URL (a blank is %20) where it is made",
	  { [PROXY_NGINX] = "proxy_pass with $request_uri, or without a URI, in place of $uri, "
			    "which is decoded" } },
	{ "http-after-101",
	  "something else than a frame in the middle of a WebSocket",
	  "After the 101 only frames may follow. An HTTP answer there comes from a second handler "
	  "of the same server, which refuses the upgrade that the first one has accepted (two "
	  "WebSocket servers on one HTTP server; a framework's route for 404); text comes from a "
	  "program's warnings, printed into the socket. Clients call it an invalid frame header.",
	  "The verdict shows the first bytes.",
	  "let one handler alone answer an upgrade: where several WebSocket servers share a port, "
	  "pick by path (ws: noServer and handleUpgrade()); keep warnings out of the socket",
	  {} },
	{ "http2-mismatch",
	  "HTTP/2 to a server of HTTP/1.1",
	  "A client that begins with HTTP/2, without TLS and without an upgrade (prior knowledge, "
	  "RFC 9113, 3.3), gets no answer from a server that knows HTTP/1.1 alone: a gRPC client "
	  "at the wrong port, or a proxy told to speak h2c to its upstream. WebSocket over HTTP/2 "
	  "is another thing (RFC 8441).",
	  "the connection's line says that it is HTTP/2; one try alone gets no verdict",
	  "have the client speak HTTP/1.1 there, or use the port that is for HTTP/2",
	  {} },
	{ 0 },
};
