// SPDX-License-Identifier: GPL-2.0-only
/* The long form of the rules about streams: what --explain prints, and the fix of a verdict. */
#include "rules/rules.h"

#define NO_GRACE                                                                                 \
	"reload less often, have clients reconnect after a random time, and old processes live " \
	"long enough (nginx: worker_shutdown_timeout; HAProxy: hard-stop-after; Caddy: "         \
	"stream_close_delay)"

/* clang-format off */
#define IDLE_EVERYWHERE \
	{ \
		[PROXY_NGINX] = "{ping_fits}; or in nginx, in the location{for_place}:\n" \
				"location {place} {\n" \
				"    proxy_read_timeout {longer}s;\n" \
				"}", \
		[PROXY_HAPROXY] = "{ping_fits}; or in HAProxy, in the backend{for_place}:\n" \
				  "timeout tunnel {longer}s", \
		[PROXY_APACHE] = "{ping_fits}; or in Apache, beside its ProxyPass:\n" \
				 "ProxyTimeout {longer}", \
		[PROXY_CADDY] = \
			"{ping_fits}; or look for stream_timeout in the " \
			"reverse_proxy{for_place}: Caddy has no such time-out by itself", \
		[PROXY_ENVOY] = "{ping_fits}; or in Envoy, in the route{for_place}:\n" \
				"match:\n" \
				"  prefix: \"{place}\"\n" \
				"route:\n" \
				"  idle_timeout: {longer}s", \
		[PROXY_LIGHTTPD] = "{ping_fits}; or in lighttpd:\n" \
				   "server.max-read-idle = {longer}\n" \
				   "server.max-write-idle = {longer}" \
	}
/* clang-format on */

const struct rule_help help_stream[] = {
	{ "mask-c2s",
	  "a client's frame is not masked",
	  "Clients must mask every frame (RFC 6455, 5.1); servers end the connection with 1002.",
	  "The frame's line has no mask.",
	  "correct the client's library, or the middlebox that alters frames",
	  {} },
	{ "mask-s2c",
	  "a server's frame is masked",
	  "Servers must not mask (RFC 6455, 5.1); clients end the connection with 1002.",
	  "The frame's line has a mask.",
	  "correct the server's library, or the middlebox that alters frames",
	  {} },
	{ "rsv-not-agreed",
	  "reserved bits are set that no extension uses",
	  "RSV1 marks a compressed message, and may be set only where the 101 granted "
	  "permessage-deflate. RSV2 and RSV3 are for other extensions, of which none is in use.",
	  "Sec-WebSocket-Extensions in the 101, RSV1 in the frame.",
	  "pass Sec-WebSocket-Extensions on in both directions, or switch compression off",
	  {} },
	{ "bad-frame",
	  "a frame breaks the framing rules",
	  "An orphan continuation, a message inside another one, a control frame of more than 125 "
	  "bytes or in pieces, a reserved opcode, a length in a longer form than need be - or the "
	  "peer said so, with 1002.",
	  "The frames before it. Where messages run into each other, two threads write to one "
	  "connection without a lock.",
	  "correct the sender: see which of its frames came last; let only one thread at a time "
	  "write a message",
	  {} },
	{ "bad-utf8",
	  "text that is not UTF-8",
	  "Text messages and close reasons must be UTF-8; receivers end the connection with 1007.",
	  "wstrace -s full shows the bytes.",
	  "send binary frames for bytes that are not text",
	  {} },
	{ "bad-close",
	  "a Close frame that may not be sent, or data after one",
	  "A Close frame carries nothing, or a code and a reason; 1004, 1005, 1006 and 1015 never, "
	  "and nothing follows it.",
	  "The close frame's line.",
	  "correct the sender: without a code to give, send an empty Close frame; 1005, 1006 and "
	  "1015 are what a library tells its own program",
	  {} },
	{ "close-changed",
	  "a proxy changed a Close frame",
	  "The Close frame that one leg had came to the next with another code. The code is for "
	  "the program at the other end, which now reads it wrongly.",
	  "The close frames of both legs.",
	  "have what stands between pass WebSocket frames on as they are, with code and reason",
	  {} },
	{ "close-lost",
	  "a proxy did not pass a Close frame on",
	  "One leg had a Close frame, and the next ended without one: the program there reads "
	  "1006, and not the code and reason that were sent.",
	  "The close frame of one leg, and the end of the other.",
	  "have what stands between pass the Close frame on before it closes the connection",
	  {} },
	{ "too-big",
	  "a message was larger than its receiver takes",
	  "The receiver has a limit for messages and ended the connection with 1009.",
	  "The message sizes before the close.",
	  "raise the receiver's limit, or send in smaller messages",
	  {} },
	{ "app-error",
	  "the application failed",
	  "The server ended with 1011, or its process went away with the connection open.",
	  "Its log; dmesg, for an out-of-memory kill.",
	  "see the log of {server}",
	  {} },
	{ "policy",
	  "the application refused to go on",
	  "The server ended the connection with a code of its own: 1008, 1013, 3000, 3003 or 4xxx.",
	  "Code and reason; their meaning is the application's.",
	  "see what the code means to the application",
	  {} },
	{ "idle-timeout", "a quiet connection was cut",
	  "Nothing passed in either direction for so long that a proxy, a balancer or the server "
	  "gave the connection up, without a Close frame. nginx, lighttpd and Apache do so after "
	  "60 s, Envoy after 300, AWS's balancers after 60 or 350, Cloudflare after 100, unless "
	  "told otherwise.",
	  "The silence before the close is the same each time.",
	  "{ping_fits}; or raise that time-out (its read timeout, or idle timeout)",
	  IDLE_EVERYWHERE },
	{ "heartbeat-races", "pings come about as often as the timeout strikes",
	  "A ping every 60 s does not keep a connection open that is cut after 60 s of silence.",
	  "The interval of pings, and the silence before the close.",
	  "{ping_fits}; or raise that time-out (its read timeout, or idle timeout)",
	  IDLE_EVERYWHERE },
	{ "server-heartbeat",
	  "the server ended a connection whose client did not answer pings",
	  "Servers ping, and drop clients that do not pong: the client is gone or busy, or it is "
	  "no browser and its library does not answer while nobody reads.",
	  "The server's pings, and no pong.",
	  "have the client read all the time so that it answers pings, or raise the server's "
	  "patience",
	  {} },
	{ "client-heartbeat",
	  "the client ended a connection whose server did not answer pings",
	  "Client libraries ping, too, and close, mostly with 1011, where no pong comes: the "
	  "server's process is busy, or nobody reads from that connection.",
	  "The client's pings, and no pong.",
	  "have the server read all the time so that it answers pings: nothing may block its "
	  "event loop; or raise the client's patience",
	  {} },
	{ "client-error",
	  "the client's program failed",
	  "The client closed with 1011, which says that its own program could not go on.",
	  "The client's log.",
	  "see the client's log",
	  {} },
	{ "unsupported-data",
	  "a message of a kind that its receiver does not take",
	  "The receiver closed with 1003: text came where it takes binary, or the other way round, "
	  "or data that it cannot make sense of.",
	  "The opcode of the message before the close.",
	  "send the other kind of message, text or binary, or data in the form that the receiver "
	  "asks for",
	  {} },
	{ "backend-restart",
	  "the server behind the proxy was restarted or stopped",
	  "Many connections of one server ended at the same moment, without a Close frame, while "
	  "the proxy in front goes on: a proxy passes on what its upstream does.",
	  "The server's log and uptime; with its port traced, too (-p), which leg ended first.",
	  "close the WebSockets with 1001 or 1012 before the server stops; have clients reconnect "
	  "after a random time",
	  {} },
	{ "max-lifetime",
	  "connections are cut at a fixed age",
	  "Connections of one server ended at the same age, without a Close frame, while data "
	  "flowed: a balancer or proxy takes a WebSocket for one request, and limits its duration, "
	  "or a server limits a connection's life. Pings do not help.",
	  "The time from the 101 to the end is the same each time; the silence before is not.",
	  "raise that limit (Google Cloud: the backend service's timeout, 30 s; Envoy: "
	  "max_stream_duration, max_connection_duration, the route's timeout; AWS API Gateway: "
	  "2 h, fixed); have clients reconnect, at a random time before it",
	  { [PROXY_ENVOY] = "have clients reconnect, and raise the limit in Envoy, in the "
			    "route{for_place}:\n"
			    "route:\n"
			    "  timeout: 0s\n"
			    "  max_stream_duration:\n"
			    "    max_stream_duration: 0s" } },
	{ "reload",
	  "the proxy was reloaded or stopped",
	  "All connections of one worker ended together, and not for silence: after a reload old "
	  "workers go on for a while, then close what they hold.",
	  "The connections' ends are at the same moment; the worker's pid is gone.",
	  NO_GRACE,
	  { [PROXY_NGINX] = "have clients reconnect after a random time, and old workers live long "
			    "enough; in nginx, outside of http:\n"
			    "worker_shutdown_timeout 1h;",
	    [PROXY_HAPROXY] = "have clients reconnect after a random time, and old processes live "
			      "long enough; in HAProxy, in global:\n"
			      "hard-stop-after 1h",
	    [PROXY_APACHE] = "have clients reconnect after a random time; use apachectl graceful, "
			     "and in Apache:\n"
			     "GracefulShutdownTimeout 3600",
	    [PROXY_CADDY] = "have clients reconnect after a random time, and streams outlive a "
			    "reload (from Caddy 2.7):\n"
			    "reverse_proxy {matcher} {backend} {\n"
			    "    stream_close_delay 1h\n"
			    "}",
	    [PROXY_ENVOY] = "have clients reconnect after a random time, and raise --drain-time-s "
			    "and --parent-shutdown-time-s" } },
	{ "restarting",
	  "the server restarts",
	  "Many clients got 1001 or 1012 at once.",
	  "The server's log.",
	  "drain before restarting; have clients reconnect after a random time",
	  {} },
	{ "half-open",
	  "the peer is gone",
	  "Segments were sent again and again and nobody acknowledged them.",
	  "ss -ti: retrans, backoff.",
	  "ping, and drop a peer after two missed pongs",
	  {} },
	{ "reset",
	  "the connection was reset",
	  "A RST: the process closed with data unread, aborted, or a firewall forgot the "
	  "connection.",
	  "Who sent it; unread bytes at the close.",
	  "see the log of {closer}; it should read until the peer's Close before it closes",
	  {} },
	{ "no-goodbye",
	  "the connection ended without a Close frame",
	  "A FIN without a Close frame: the program was stopped, or does not close WebSockets "
	  "properly.",
	  "Who closed first.",
	  "have {closer} send a Close frame before it closes the socket",
	  {} },
	{ "not-reading",
	  "a process does not read what came in",
	  "Data waits in the receive queue: the process lives, but its event loop is blocked, or "
	  "it waits for something else.",
	  "ss -tn: Recv-Q; wstrace -H: wait in the receive queue.",
	  "move long work off the event loop",
	  {} },
	{ "slow-reader",
	  "the peer takes no more data",
	  "The peer's window is closed: it does not read as fast as this side sends, and the send "
	  "queue grows.",
	  "ss -tn: Send-Q.",
	  "bound the queue for each client; drop messages or the client",
	  {} },
	{ "close-wait",
	  "a process does not close what its peer has ended",
	  "The peer's FIN came long ago. The socket stays in CLOSE_WAIT, with its file descriptor, "
	  "until the process closes it: such sockets pile up until there are no descriptors left.",
	  "ss -tnp state close-wait.",
	  "close the socket where a read returns 0 bytes, or an error; free a thread that waits "
	  "for something else meanwhile",
	  {} },
	{ "loss-stall",
	  "packets get lost on the way",
	  "TCP delivers in order: after a lost segment all messages wait until it has been sent "
	  "again, which takes a round trip at best, and 200 ms or more where little is under way. "
	  "One segment in twenty was sent again, or more; the peer's side of the path is not seen.",
	  "ss -ti: retrans, rto; nstat: TcpRetransSegs.",
	  "look for the lossy link: radio, a full queue, duplex or MTU trouble",
	  {} },
	{ "proxy-slow",
	  "the proxy delays messages",
	  "The same bytes were seen on both sides of the proxy, that much later on the second.",
	  "wstrace -H: proxy delay.",
	  "look at the proxy's CPU, at its limits and at modules that buffer",
	  {} },
	{ "nagle",
	  "small writes wait for acknowledgements",
	  "Without TCP_NODELAY the kernel holds a small write back until the one before it is "
	  "acknowledged (Nagle's algorithm, RFC 896; RFC 9293, 3.7.4), and the peer delays that, "
	  "40 ms on Linux and up to 200 elsewhere, hoping to send something along: each message "
	  "comes that much later. Waits count that are 25 ms longer than the shortest round trip, "
	  "and none after a loss.",
	  "strace -f -e setsockopt: no TCP_NODELAY; tcpdump: a small segment leaves right after an "
	  "acknowledgement that came 40 ms late. The sender's end shows it: of what clients on "
	  "this host send to servers on it, --side client.",
	  "set TCP_NODELAY, or write what belongs together, a header and its payload, with one "
	  "call",
	  { [PROXY_NGINX] =
		    "look for tcp_nodelay off in http, server and location; the default is\n"
		    "tcp_nodelay on;",
	    [PROXY_HAPROXY] = "HAProxy sets TCP_NODELAY by itself: look at the application",
	    [PROXY_APACHE] = "Apache sets TCP_NODELAY by itself: look at the application",
	    [PROXY_CADDY] = "Caddy sets TCP_NODELAY by itself: look at the application",
	    [PROXY_ENVOY] = "Envoy sets TCP_NODELAY by itself: look at the application",
	    [PROXY_LIGHTTPD] = "lighttpd sets TCP_NODELAY by itself: look at the application" } },
	{ "pong-behind",
	  "a pong waited behind a big message",
	  "A WebSocket is one queue: a pong comes after the message that is under way.",
	  "The frames between ping and pong.",
	  "send big messages in fragments, or be more patient",
	  {} },
	{ "tiny-frames",
	  "a storm of tiny frames",
	  "Each frame costs a system call, a wake-up and a packet, whatever it carries.",
	  "Frames a second and their size.",
	  "put several messages into one",
	  {} },
	{ "stampede",
	  "clients come back all at once",
	  "Many connections ended together and reconnected without waiting.",
	  "Opens a second after the close.",
	  "have clients wait a random, growing time before they reconnect",
	  {} },
	{ "close-timeout",
	  "the closing handshake does not come to its end",
	  "Who gets a Close frame answers with one; then the server ends TCP (RFC 6455, 5.5.1, "
	  "7.1.1). A server that keeps the connection, or does not read, leaves the other side to "
	  "its own time-out: 10 s in websockets, 30 s in node's ws.",
	  "The Close frames of both sides, and the time from there to the end.",
	  "have the server read until the Close frame, answer it and end TCP",
	  {} },
	{ "message-lost",
	  "a proxy did not pass a message on",
	  "What comes from one leg has to go out on the next one, in its order. A message that is "
	  "missing there, while the Close frame behind it came through, was dropped in between: "
	  "mostly the first one, which came in one segment with the 101.",
	  "The counts of messages in the closes of both legs.",
	  "update the proxy, or have the application wait a moment with its first message",
	  {} },
	{ 0 },
};
