// SPDX-License-Identifier: GPL-2.0-only
/* The long form of the rules in handshake.c: what --explain prints, and the fix of a verdict. */
#include "rules/rules.h"

const char *const proxy_names[PROXIES] = {
	[PROXY_NGINX] = "nginx", [PROXY_HAPROXY] = "HAProxy", [PROXY_APACHE] = "Apache",
	[PROXY_CADDY] = "Caddy", [PROXY_ENVOY] = "Envoy",     [PROXY_LIGHTTPD] = "lighttpd",
};

#define NGINX_UPGRADE                                    \
	"in nginx, in the location{for_place}:\n"        \
	"location {place} {\n"                           \
	"    proxy_http_version 1.1;\n"                  \
	"    proxy_set_header Upgrade $http_upgrade;\n"  \
	"    proxy_set_header Connection \"upgrade\";\n" \
	"}"
#define HAPROXY_UPGRADE                                                                \
	"HAProxy passes Upgrade on by itself in mode http: remove http-request "       \
	"del-header Upgrade, option httpclose and the like from the frontend and the " \
	"backend{for_place}"
#define APACHE_UPGRADE                                                                     \
	"in Apache from 2.4.47 (before: mod_proxy_wstunnel, and ws:// for http://), above" \
	" every other ProxyPass:\n"                                                        \
	"<Location \"{place}\">\n"                                                         \
	"    ProxyPass \"http://{backend}{place}\" upgrade=websocket\n"                    \
	"</Location>"
#define CADDY_UPGRADE                                                                         \
	"Caddy passes Upgrade on by itself: remove header_up -Upgrade and -Connection from\n" \
	"reverse_proxy {matcher} {backend}"
#define ENVOY_UPGRADE                          \
	"in Envoy, in the route{for_place}:\n" \
	"match:\n"                             \
	"  prefix: \"{place}\"\n"              \
	"route:\n"                             \
	"  upgrade_configs:\n"                 \
	"  - upgrade_type: websocket"
#define LIGHTTPD_UPGRADE                                     \
	"in lighttpd, beside its proxy.server:\n"            \
	"$HTTP[\"url\"] =~ \"^{place}\" {\n"                 \
	"    proxy.header = ( \"upgrade\" => \"enable\" )\n" \
	"}"
#define UPGRADE_EVERYWHERE                                                         \
	{                                                                          \
		[PROXY_NGINX] = NGINX_UPGRADE, [PROXY_HAPROXY] = HAPROXY_UPGRADE,  \
		[PROXY_APACHE] = APACHE_UPGRADE, [PROXY_CADDY] = CADDY_UPGRADE,    \
		[PROXY_ENVOY] = ENVOY_UPGRADE, [PROXY_LIGHTTPD] = LIGHTTPD_UPGRADE \
	}

const struct rule_help help_handshake[] = {
	{ "upgrade-stripped", "a proxy removed the Upgrade header",
	  "Upgrade and Connection are hop-by-hop headers: a proxy drops them unless it is told to "
	  "pass them on. The application then sees a plain GET, and answers 400, 404, 426 or "
	  "a web "
	  "page. Where a location of nginx serves other requests, too, map $http_upgrade "
	  "$connection_upgrade { default upgrade; '' close; } outside of server, and in the "
	  "location proxy_set_header Connection $connection_upgrade; leave those as they are.",
	  "wstrace -p PROXYPORT,BACKENDPORT: the request in front of the proxy has Upgrade: "
	  "websocket, the one behind it has the same Sec-WebSocket-Key and no Upgrade.",
	  "pass Upgrade and Connection on in the proxy, with HTTP/1.1 to the backend",
	  UPGRADE_EVERYWHERE },
	{ "upgrade-stripped-here",
	  "one location of a proxy removes the Upgrade header",
	  "In nginx a location that has any proxy_set_header line of its own inherits none from "
	  "the level above: the two lines for Upgrade and Connection are lost there.",
	  "Other paths through the same port work, this one does not.",
	  "repeat both lines in that location",
	  { [PROXY_NGINX] = "in nginx, repeat all these lines in the location{for_place}:\n"
			    "location {place} {\n"
			    "    proxy_http_version 1.1;\n"
			    "    proxy_set_header Upgrade $http_upgrade;\n"
			    "    proxy_set_header Connection \"upgrade\";\n"
			    "}",
	    [PROXY_HAPROXY] = HAPROXY_UPGRADE,
	    [PROXY_APACHE] = APACHE_UPGRADE,
	    [PROXY_CADDY] = CADDY_UPGRADE,
	    [PROXY_ENVOY] = ENVOY_UPGRADE,
	    [PROXY_LIGHTTPD] = LIGHTTPD_UPGRADE } },
	{ "upstream-http10",
	  "the proxy asks its upstream with HTTP/1.0",
	  "HTTP/1.0 has no Upgrade: servers must ignore the header in such a request (RFC 9110, "
	  "7.8). nginx before 1.29.7 speaks 1.0 to its upstreams unless told otherwise.",
	  "The request behind the proxy ends in HTTP/1.0.",
	  "ask with HTTP/1.1; a proxy must be told to",
	  { [PROXY_NGINX] = "in nginx, in the location{for_place}:\n"
			    "location {place} {\n"
			    "    proxy_http_version 1.1;\n"
			    "}",
	    [PROXY_APACHE] = "remove SetEnv force-proxy-request-1.0 and downgrade-1.0 from "
			     "Apache's configuration" } },
	{ "upgrade-value",
	  "the Upgrade header does not say websocket",
	  "The header's value was written by hand, in a proxy or a client, and is not "
	  "'websocket'.",
	  "The request's Upgrade header.",
	  "send Upgrade: websocket",
	  { [PROXY_NGINX] = "pass the client's own value on, in the location{for_place}:\n"
			    "location {place} {\n"
			    "    proxy_set_header Upgrade $http_upgrade;\n"
			    "}" } },
	{ "connection-token", "the Connection header does not name upgrade",
	  "Upgrade counts only where Connection names it (RFC 6455, 4.2.1). A proxy that sets one "
	  "header and not the other, or a map that yields 'close', does this.",
	  "The request has Upgrade, and Connection says close or keep-alive.",
	  "send Connection: Upgrade along with Upgrade", UPGRADE_EVERYWHERE },
	{ "no-key",
	  "the request has no Sec-WebSocket-Key",
	  "Without a key the request is no WebSocket handshake; servers answer 400. A proxy that "
	  "adds Upgrade: websocket to every request makes such ones of plain requests.",
	  "The headers of the request in front of each proxy and behind it.",
	  "find the client, or the hop before, that leaves it out",
	  {} },
	{ "bad-key",
	  "the Sec-WebSocket-Key is not 16 bytes in base64",
	  "The key must be 16 random bytes in base64: 24 characters that end in ==.",
	  "The key in the request.",
	  "correct the client, or the hop before that rewrites the key",
	  {} },
	{ "bad-version",
	  "the server does not speak the client's version",
	  "Everybody speaks version 13. An old client, or a header that was rewritten, asks for "
	  "another.",
	  "Sec-WebSocket-Version in the request and in the answer.",
	  "send Sec-WebSocket-Version: 13",
	  {} },
	{ "bad-accept",
	  "the server's Sec-WebSocket-Accept is wrong",
	  "Accept must be the SHA-1 of the key and a fixed GUID, in base64. Clients hang up on "
	  "another. Either the server computes it wrongly, or a hop changed the key on its way.",
	  "Compare the keys in front of and behind each proxy; wstrace computes what Accept "
	  "should "
	  "be.",
	  "correct the server, or the hop that rewrites Sec-WebSocket-Key",
	  {} },
	{ "bad-101",
	  "clients reject the server's 101",
	  "A 101 needs Upgrade: websocket, Connection: Upgrade and Sec-WebSocket-Accept, each "
	  "once, and has no body: no Transfer-Encoding, no Content-Length. Browsers and node's ws "
	  "look at all of that; other clients take some of it, and then this is a warning.",
	  "The headers of the answer.",
	  "correct the server, or the hop that drops, adds or doubles the header",
	  { [PROXY_NGINX] =
		    "remove proxy_hide_header and add_header for Upgrade, Connection and "
		    "Sec-WebSocket-Accept from the location{for_place}; if there are none, correct "
		    "what is behind nginx" } },
	{ "subprotocol",
	  "client and server did not agree on a subprotocol",
	  "The server may only choose one of those that the client offered; where the client "
	  "offered some and none was chosen, browsers give up.",
	  "Sec-WebSocket-Protocol in the request and in the answer.",
	  "have the server choose one that was offered; have the proxy pass "
	  "Sec-WebSocket-Protocol "
	  "on",
	  {} },
	{ "extension",
	  "the server granted an extension that was not offered",
	  "An extension, or a parameter of one, that the client did not offer makes it fail the "
	  "handshake.",
	  "Sec-WebSocket-Extensions in the request and in the answer.",
	  "correct the server's negotiation, or pass Sec-WebSocket-Extensions on unchanged",
	  {} },
	{ "origin-403",
	  "the server refused the page's origin",
	  "The server compares Origin with the Host that it sees. A proxy that puts the backend's "
	  "name into Host makes the two differ.",
	  "Host in front of the proxy and behind it, and Origin.",
	  "pass the client's Host on, or allow the origin in the server",
	  { [PROXY_NGINX] = "allow that origin in the server, or pass the client's Host on to "
			    "it:\n"
			    "location {place} {\n"
			    "    proxy_set_header Host $http_host;\n"
			    "}",
	    [PROXY_APACHE] =
		    "allow that origin in the server, or pass the client's Host on to it:\n"
		    "ProxyPreserveHost On",
	    [PROXY_HAPROXY] = "allow that origin in the server, or remove http-request set-header "
			      "Host from the frontend and the backend{for_place}",
	    [PROXY_CADDY] = "allow that origin in the server, or remove header_up Host from\n"
			    "reverse_proxy {matcher} {backend}",
	    [PROXY_ENVOY] = "allow that origin in the server, or remove host_rewrite from the "
			    "route{for_place}" },
	  .in_front = true },
	{ "redirect",
	  "the server redirects the handshake",
	  "WebSocket clients do not follow redirects; usually http:// should be https://, or a "
	  "slash is missing.",
	  "Location in the answer.",
	  "use the final URL in the client",
	  {} },
	{ "not-found",
	  "the server does not know the path",
	  "The path is wrong, its case or a slash at its end may be all, or the request reached "
	  "the wrong server. A proxy answers so itself where no location fits.",
	  "The request's target and Host; whether there is a leg behind the proxy.",
	  "compare the path with the server's route",
	  { [PROXY_NGINX] =
		    "compare the path with the server's routes, and with the location{for_place}: "
		    "a slash at the end of proxy_pass changes the path" },
	  .in_front = true },
	{ "path-rewritten",
	  "the proxy changed the path, and the server does not know the new one",
	  "In nginx a path, or only a slash, behind proxy_pass's address replaces what the "
	  "location matched.",
	  "The target in front of the proxy and behind it.",
	  "have the proxy pass the path on unchanged",
	  { [PROXY_NGINX] =
		    "in nginx, leave the path as it is: nothing behind the address, not even "
		    "a slash:\n"
		    "location {place} {\n"
		    "    proxy_pass http://{backend};\n"
		    "}",
	    [PROXY_HAPROXY] = "look for http-request set-path and replace-path in the "
			      "frontend and "
			      "the backend{for_place}",
	    [PROXY_APACHE] = "give both sides of it the same path:\n"
			     "ProxyPass \"{place}\" \"http://{backend}{place}\" upgrade=websocket",
	    [PROXY_CADDY] = "handle_path cuts off what it matches, handle does not:\n"
			    "handle {matcher} {\n"
			    "    reverse_proxy {backend}\n"
			    "}",
	    [PROXY_ENVOY] = "look for prefix_rewrite in the route{for_place}" } },
	{ "auth",
	  "the client is not authenticated",
	  "The server wants credentials. Browsers cannot add headers to a WebSocket: cookies, "
	  "or a "
	  "token in the URL or in the first message, are what remains.",
	  "Authorization or Cookie in front of the proxy and behind it.",
	  "log in first, and have the proxy pass Authorization and Cookie on",
	  {} },
	{ "upstream-down",
	  "nothing listens on the upstream's port",
	  "The proxy's connection upstream was refused, or got no answer at all.",
	  "ss -ltn on the backend's host.",
	  "start what is to listen on {not_there}, or correct that address in the proxy",
	  { [PROXY_NGINX] =
		    "start what is to listen on {not_there}, or correct that address in proxy_pass "
		    "or upstream",
	    [PROXY_HAPROXY] = "start what is to listen on {not_there}, or correct that address "
			      "in its "
			      "server line",
	    [PROXY_APACHE] = "start what is to listen on {not_there}, or correct that address in "
			     "ProxyPass",
	    [PROXY_CADDY] = "start what is to listen on {not_there}, or correct that address in "
			    "reverse_proxy",
	    [PROXY_ENVOY] =
		    "start what is to listen on {not_there}, or correct that address in the "
		    "cluster's endpoints" },
	  .in_front = true },
	{ "upstream-mute",
	  "the application took the request and never answered",
	  "The connection came about - perhaps by the kernel alone, and no process accepts it or "
	  "reads from it - and the request was not answered: all workers are busy, or the "
	  "application is stuck. wstrace "
	  "says so when there has been no answer for five seconds, half of what common clients "
	  "wait, while it can still be looked at; and else when the proxy or the client gives up. "
	  "What is answered after more than five seconds has been told of, too.",
	  "ss -ltn: Recv-Q of the listening socket; the application's threads.",
	  "free the server's workers, or start more of them: in many servers each open "
	  "WebSocket holds one",
	  {} },
	{ "accept-queue",
	  "connections wait to be accepted, and the server accepts none",
	  "The kernel completes a TCP handshake by itself and puts the connection into the accept "
	  "queue, until the process calls accept(). A process that has as many files open as it "
	  "may (EMFILE) or is stuck leaves it there; when the queue is full, further connections "
	  "are not let in at all. Clients see a connection on which nothing comes, or none.",
	  "ss -ltn: Recv-Q of the listening socket is what waits, Send-Q the backlog; nstat -az "
	  "TcpExtListenOverflows; ls /proc/PID/fd | wc -l beside /proc/PID/limits.",
	  "let the process have more files, and close those it is done with; a longer backlog only "
	  "helps where connections come in bursts",
	  { [PROXY_NGINX] = "raise worker_rlimit_nofile and worker_connections" } },
	{ "closed-at-once",
	  "the server hung up on a new connection before it had read anything",
	  "The connection was accepted and closed at once. Servers do so at a limit of their "
	  "connections (nginx: worker_connections are not enough), for clients that they do not "
	  "let in, and where what they pass connections on to cannot be reached.",
	  "The server's error log.",
	  "raise the limit that the server's log names",
	  { [PROXY_NGINX] =
		    "raise worker_connections and worker_rlimit_nofile, where the error log "
		    "says \"worker_connections are not enough\"" } },
	{ "proxy-rejected-101",
	  "the proxy refused the backend's 101",
	  "The backend opened the WebSocket and the proxy did not like its answer: a malformed "
	  "header, or more headers than its buffer takes.",
	  "The proxy's error log, and the backend's 101.",
	  "see the proxy's error log",
	  { [PROXY_NGINX] = "see nginx's error log; where it says 'too big header':\n"
			    "location {place} {\n"
			    "    proxy_buffer_size 32k;\n"
			    "    proxy_buffers 4 32k;\n"
			    "}" } },
	{ "tls-mismatch",
	  "one side speaks TLS, the other does not",
	  "ws:// was used for a TLS port, or wss:// for a plain one, by a client or between two "
	  "hops. What tells is how the server answers: in plain HTTP to TLS, in TLS to plain "
	  "HTTP, "
	  "or not at all. nginx answers plain HTTP on a port with ssl with a 400, which alone may "
	  "mean other things.",
	  "wstrace shows TLS, or a 400, on that port.",
	  "make scheme and port fit: wss with TLS, ws without",
	  { [PROXY_NGINX] = "in proxy_pass https:// for an upstream with TLS, http:// for a plain "
			    "one; ssl "
			    "behind listen where clients use wss://, not where they use ws://",
	    [PROXY_HAPROXY] = "ssl on the server line for a server with TLS; ssl on the bind line "
			      "where clients use wss://",
	    [PROXY_APACHE] =
		    "ProxyPass to https:// with SSLProxyEngine on for an upstream with TLS, "
		    "to http:// for a plain one",
	    [PROXY_CADDY] = "reverse_proxy to https:// for an upstream with TLS, to http:// for a "
			    "plain one" },
	  .in_front = true },
	{ "sticky",
	  "the balancer sends a session to another server",
	  "Socket.IO makes a session by polling and then upgrades it, SignalR negotiates a "
	  "connection id before it connects, SockJS sends by requests of their own: all must "
	  "reach "
	  "the same server. A server that has been restarted does not know its sessions, either.",
	  "The answer's text says 'Session ID unknown', or 'No Connection with that ID'.",
	  "make sessions sticky, or let clients use the transport websocket only",
	  { [PROXY_NGINX] =
		    "let clients use the transport websocket only, or send each to one server, in "
		    "the upstream of the location{for_place}:\n"
		    "ip_hash;",
	    [PROXY_HAPROXY] = "let clients use the transport websocket only, or send each to one "
			      "server, in the backend{for_place}:\n"
			      "balance source" },
	  .in_front = true },
	{ "too-large-head",
	  "the request's head is larger than the server takes",
	  "Cookies, tokens in the URL and headers that proxies add make a request's head larger "
	  "than the server's buffer: 8 KiB a line in nginx (400), 8190 bytes a header in Apache "
	  "and in Python's servers (400), 16 KiB in node (431), 8 KiB in Tomcat and Jetty. Each "
	  "hop has a limit of its own.",
	  "The size of the request's head in the verdict; -v shows its headers.",
	  "{shorten}, or raise the limit of this server (node: "
	  "--max-http-header-size={head_bytes}; gunicorn: --limit-request-field_size; Tomcat: "
	  "maxHttpRequestHeaderSize)",
	  { [PROXY_NGINX] = "{shorten}, or in nginx, in http or server:\n"
			    "large_client_header_buffers 4 {head_kib}k;",
	    [PROXY_HAPROXY] = "{shorten}, or in HAProxy, in global:\n"
			      "tune.bufsize {head_bytes}",
	    [PROXY_APACHE] = "{shorten}, or in Apache's server or "
			     "VirtualHost:\n"
			     "LimitRequestFieldSize {head_bytes}\n"
			     "LimitRequestLine {head_bytes}",
	    [PROXY_ENVOY] = "{shorten}, or in Envoy's HTTP connection "
			    "manager:\n"
			    "max_request_headers_kb: {head_kib}",
	    [PROXY_LIGHTTPD] = "{shorten}, or in lighttpd:\n"
			       "server.max-request-field-size = {head_bytes}" } },
	{ "refused",
	  "the server refused the handshake",
	  "The answer to the handshake is not 101, or there is none. 400 is also how servers "
	  "answer plain HTTP on a port with TLS; 502 says that a proxy got no good answer "
	  "from its "
	  "upstream.",
	  "Status, reason, and the server's log.",
	  "see the log of {server}",
	  {} },
	{ "early-client-close",
	  "the client rejected the handshake",
	  "Clients from several addresses close at once after the 101, without a frame, and none "
	  "stays. Nothing is seen to be wrong with the 101. One client that does so may be a "
	  "health check, and is not told of.",
	  "The browser's console; the headers of the 101.",
	  "see the client's log or the browser's console for what it did not like in the 101",
	  {} },
	{ "bad-header",
	  "a header of the request is not as HTTP wants it",
	  "A line that is no header, a blank before the colon, a header twice that may come once "
	  "(Host, Upgrade, Sec-WebSocket-Key, Sec-WebSocket-Version), or no Host: servers answer "
	  "400 or 403. Proxies make such requests where a header is set twice, or where a value "
	  "holds a line break.",
	  "The request, which is shown as it was sent.",
	  "send each of these headers once, and no line break in a value",
	  { [PROXY_NGINX] = "one proxy_set_header for each header; none for what another one sets "
			    "already" } },
	{ 0 },
};
