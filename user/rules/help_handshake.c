// SPDX-License-Identifier: GPL-2.0-only
/* The long form of the rules in handshake.c: what --explain prints, and the fix of a verdict. */
#include "rules/rules.h"

const char *const proxy_names[PROXIES] = {
	[PROXY_NGINX] = "nginx", [PROXY_HAPROXY] = "HAProxy", [PROXY_APACHE] = "Apache",
	[PROXY_CADDY] = "Caddy", [PROXY_ENVOY] = "Envoy",     [PROXY_LIGHTTPD] = "lighttpd",
};

#define NGINX_UPGRADE                                                                       \
	"in the location: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; " \
	"proxy_set_header Connection \"upgrade\";"
#define HAPROXY_UPGRADE                                                                        \
	"HAProxy passes Upgrade on in mode http by itself: look for http-request del-header, " \
	"option httpclose or option http-server-close in old configurations"
#define APACHE_UPGRADE                                                                       \
	"ProxyPass \"/path\" \"http://backend:port/path\" upgrade=websocket (from 2.4.47); " \
	"before, mod_proxy_wstunnel and ws://"
#define CADDY_UPGRADE \
	"reverse_proxy passes Upgrade on by itself: look for header_up -Upgrade or -Connection"
#define ENVOY_UPGRADE \
	"upgrade_configs: [{ upgrade_type: websocket }] in the HTTP connection manager or the route"
#define LIGHTTPD_UPGRADE "proxy.header = ( \"upgrade\" => \"enable\" ), beside its proxy.server"
#define UPGRADE_EVERYWHERE                                                         \
	{                                                                          \
		[PROXY_NGINX] = NGINX_UPGRADE, [PROXY_HAPROXY] = HAPROXY_UPGRADE,  \
		[PROXY_APACHE] = APACHE_UPGRADE, [PROXY_CADDY] = CADDY_UPGRADE,    \
		[PROXY_ENVOY] = ENVOY_UPGRADE, [PROXY_LIGHTTPD] = LIGHTTPD_UPGRADE \
	}

const struct rule_help help_handshake[] = {
	{ "upgrade-stripped", "a proxy removed the Upgrade header",
	  "Upgrade and Connection are hop-by-hop headers: a proxy drops them unless it is told to "
	  "pass them on. The application then sees a plain GET, and answers 400, 404, 426 or a web "
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
	  { [PROXY_NGINX] =
		    "repeat in that location: proxy_http_version 1.1; proxy_set_header Upgrade "
		    "$http_upgrade; proxy_set_header Connection \"upgrade\";",
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
	  "have the proxy speak HTTP/1.1 upstream",
	  { [PROXY_NGINX] = "in the location: proxy_http_version 1.1;",
	    [PROXY_APACHE] = "remove SetEnv force-proxy-request-1.0 and downgrade-1.0" } },
	{ "upgrade-value",
	  "the Upgrade header does not say websocket",
	  "The header's value was written by hand, in a proxy or a client, and is not 'websocket'.",
	  "The request's Upgrade header.",
	  "send Upgrade: websocket",
	  { [PROXY_NGINX] =
		    "proxy_set_header Upgrade $http_upgrade; (the value is the client's)" } },
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
	  "mend the client, or the hop before that rewrites the key",
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
	  "Compare the keys in front of and behind each proxy; wstrace computes what Accept should "
	  "be.",
	  "mend the server, or the hop that rewrites Sec-WebSocket-Key",
	  {} },
	{ "bad-101", "clients reject the server's 101",
	  "A 101 needs Upgrade: websocket, Connection: Upgrade and Sec-WebSocket-Accept, each "
	  "once, and has no body: no Transfer-Encoding, no Content-Length. Browsers and node's ws "
	  "look at all of that; other clients take some of it, and then this is a warning.",
	  "The headers of the answer.",
	  "mend the server, or the hop that drops, adds or doubles the header",
	  UPGRADE_EVERYWHERE },
	{ "subprotocol",
	  "client and server did not agree on a subprotocol",
	  "The server may only choose one of those that the client offered; where the client "
	  "offered some and none was chosen, browsers give up.",
	  "Sec-WebSocket-Protocol in the request and in the answer.",
	  "have the server choose one that was offered; have the proxy pass Sec-WebSocket-Protocol "
	  "on",
	  {} },
	{ "extension",
	  "the server granted an extension that was not offered",
	  "An extension, or a parameter of one, that the client did not offer makes it fail the "
	  "handshake.",
	  "Sec-WebSocket-Extensions in the request and in the answer.",
	  "mend the server's negotiation, or pass Sec-WebSocket-Extensions on unchanged",
	  {} },
	{ "origin-403",
	  "the server refused the page's origin",
	  "The server compares Origin with the Host that it sees. A proxy that puts the backend's "
	  "name into Host makes the two differ.",
	  "Host in front of the proxy and behind it, and Origin.",
	  "pass the client's Host on, or allow the origin in the server",
	  { [PROXY_NGINX] = "proxy_set_header Host $http_host; or allow the origin in the server",
	    [PROXY_APACHE] = "ProxyPreserveHost On, or allow the origin in the server",
	    [PROXY_HAPROXY] =
		    "remove http-request set-header Host, or allow the origin in the server",
	    [PROXY_CADDY] = "remove header_up Host, or allow the origin in the server",
	    [PROXY_ENVOY] = "remove host_rewrite, or allow the origin in the server" } },
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
		    "compare the path with the server's route, and look at the slash behind "
		    "proxy_pass" } },
	{ "path-rewritten",
	  "the proxy changed the path, and the server does not know the new one",
	  "In nginx a path, or only a slash, behind proxy_pass's address replaces what the "
	  "location matched.",
	  "The target in front of the proxy and behind it.",
	  "have the proxy pass the path on unchanged",
	  { [PROXY_NGINX] =
		    "proxy_pass http://backend:port; without a slash at the end passes the path "
		    "on as it is",
	    [PROXY_HAPROXY] = "look at http-request set-path and replace-path",
	    [PROXY_APACHE] = "give ProxyPass the same path on both sides",
	    [PROXY_CADDY] = "handle instead of handle_path",
	    [PROXY_ENVOY] = "look at prefix_rewrite" } },
	{ "auth",
	  "the client is not authenticated",
	  "The server wants credentials. Browsers cannot add headers to a WebSocket: cookies, or a "
	  "token in the URL or in the first message, are what remains.",
	  "Authorization or Cookie in front of the proxy and behind it.",
	  "log in first, and have the proxy pass Authorization and Cookie on",
	  {} },
	{ "upstream-down",
	  "nothing listens on the upstream's port",
	  "The proxy's connection upstream was refused, or got no answer at all.",
	  "ss -ltn on the backend's host.",
	  "start the backend, or mend the address in the proxy",
	  { [PROXY_NGINX] = "start the backend, or mend the address in proxy_pass or upstream",
	    [PROXY_HAPROXY] = "start the backend, or mend its server line",
	    [PROXY_APACHE] = "start the backend, or mend ProxyPass",
	    [PROXY_CADDY] = "start the backend, or mend reverse_proxy's address",
	    [PROXY_ENVOY] = "start the backend, or mend the cluster's endpoints" } },
	{ "upstream-mute",
	  "the application took the request and never answered",
	  "The connection was accepted - perhaps by the kernel alone, on a full backlog - and the "
	  "request was not answered: all workers are busy, or the application is stuck. wstrace "
	  "says so when there has been no answer for five seconds, half of what common clients "
	  "wait, while it can still be looked at; and else when the proxy or the client gives up. "
	  "What comes good after more than five seconds has been told of, too.",
	  "ss -ltn: Recv-Q of the listening socket; the application's threads.",
	  "free its workers, or give it more: each open WebSocket holds one in many servers",
	  {} },
	{ "proxy-rejected-101",
	  "the proxy refused the backend's 101",
	  "The backend opened the WebSocket and the proxy did not like its answer: a malformed "
	  "header, or more headers than its buffer takes.",
	  "The proxy's error log, and the backend's 101.",
	  "see the proxy's error log",
	  { [PROXY_NGINX] =
		    "see nginx's error log; 'too big header' needs a larger proxy_buffer_size" } },
	{ "tls-mismatch",
	  "one side speaks TLS, the other does not",
	  "ws:// was used for a TLS port, or wss:// for a plain one, by a client or between two "
	  "hops. What tells is how the server answers: in plain HTTP to TLS, in TLS to plain HTTP, "
	  "or not at all. nginx answers plain HTTP on a port with ssl with a 400, which alone may "
	  "mean other things.",
	  "wstrace shows TLS, or a 400, on that port.",
	  "make scheme and port fit: wss with TLS, ws without",
	  { [PROXY_NGINX] =
		    "proxy_pass https:// for a TLS upstream, http:// for a plain one; listen ... "
		    "ssl",
	    [PROXY_HAPROXY] = "ssl on the server line, or not; bind ... ssl",
	    [PROXY_APACHE] = "ProxyPass to https:// with SSLProxyEngine on, or to http://",
	    [PROXY_CADDY] = "reverse_proxy https://..., or http://" } },
	{ "sticky",
	  "the balancer sends a session to another server",
	  "Socket.IO makes a session by polling and then upgrades it, SignalR negotiates a "
	  "connection id before it connects, SockJS sends by requests of their own: all must reach "
	  "the same server. A server that has been restarted does not know its sessions, either.",
	  "The answer's text says 'Session ID unknown', or 'No Connection with that ID'.",
	  "make sessions sticky, or let clients use the transport websocket only",
	  { [PROXY_NGINX] = "ip_hash; or hash $arg_sid; in upstream",
	    [PROXY_HAPROXY] = "cookie, or balance source, in the backend" } },
	{ "too-large-head",
	  "the request's head is larger than the server takes",
	  "Cookies, tokens in the URL and headers that proxies add make a request's head larger "
	  "than the server's buffer: 8 KiB a line in nginx (400), 8190 bytes a header in Apache "
	  "and in Python's servers (400), 16 KiB in node (431), 8 KiB in Tomcat and Jetty. Each "
	  "hop has a limit of its own.",
	  "The size of the request's head in the verdict; -v shows its headers.",
	  "remove cookies that are not needed, or raise the limit of this server: node "
	  "--max-http-header-size, gunicorn --limit-request-field_size, Tomcat "
	  "maxHttpRequestHeaderSize",
	  { [PROXY_NGINX] = "large_client_header_buffers 4 32k; in http or server; or remove "
			    "cookies that are not needed",
	    [PROXY_HAPROXY] = "tune.bufsize 32768 in global; or remove cookies that are not needed",
	    [PROXY_APACHE] = "LimitRequestFieldSize 32768; or remove cookies that are not needed",
	    [PROXY_ENVOY] = "max_request_headers_kb; or remove cookies that are not needed",
	    [PROXY_LIGHTTPD] = "server.max-request-field-size = 32768; or remove cookies that are "
			       "not needed" } },
	{ "refused",
	  "the server refused the handshake",
	  "The answer to the handshake is not 101, or there is none. 400 is also how servers "
	  "answer plain HTTP on a port with TLS; 502 says that a proxy got no good answer from its "
	  "upstream.",
	  "Status, reason, and the server's log.",
	  "see the server's log",
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
	  "the request is shown as it was sent",
	  "send each of these headers once, and no line break in a value",
	  { [PROXY_NGINX] = "one proxy_set_header for each header; none for what another one sets "
			    "already" } },
	{ 0 },
};
