// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "decode/hist.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "facts/chain.h"
#include "facts/chain_text.h"
#include "facts/endpoints.h"
#include "facts/fact_streams.h"
#include "facts/fact_text.h"
#include "facts/limits.h"
#include "facts/observe.h"
#include "facts/place.h"
#include "facts/refusal.h"
#include "lib/container.h"
#include "lib/units.h"

static void put(struct buf *b, const char *s)
{
	if (s)
		buf_str(b, s);
}

/* Appends an address without its port. */
static void put_host(struct buf *b, const char *addr)
{
	const char *from;
	size_t n = addr_host(addr, &from);

	buf_add(b, from, n);
}

static void w_show_gap(struct buf *b, const struct facts *f)
{
	gap_show(b, f);
}

static void w_look_ahead(struct buf *b, const struct facts *f)
{
	gap_look_ahead(b, f);
}

static void w_look_there(struct buf *b, const struct facts *f)
{
	gap_look_there(b, f);
}

/* Appends "nginx on 10.0.0.1:80, container 0123456789ab", or "the client 10.0.0.9". */
void hop_text(struct buf *b, struct hop h)
{
	bool listens = h.listen && *h.listen;

	if (h.comm) {
		buf_str(b, h.comm);
		if (listens) {
			buf_printf(b, " on %s", h.listen);
		} else if (h.addr && *h.addr) {
			buf_str(b, " at ");
			put_host(b, h.addr);
		}
	} else if (listens) {
		buf_printf(b, "%s%s%s", h.what, *h.what ? " " : "", h.listen);
	} else if (h.addr && *h.addr) {
		buf_printf(b, "%s ", h.what);
		put_host(b, h.addr);
	} else {
		buf_str(b, h.what);
	}
	if (h.container)
		buf_printf(b, ", container %.*s", container_short(h.container), h.container);
}

/* Defines what stands for {name} in sentences, and whom it names. */
#define HOP(name, expr)                                            \
	static struct hop h_##name(const struct facts *f)          \
	{                                                          \
		return expr;                                       \
	}                                                          \
	static void w_##name(struct buf *b, const struct facts *f) \
	{                                                          \
		hop_text(b, h_##name(f));                          \
	}

static struct hop hop_proxy(const struct facts *f)
{
	struct hop h = hop_client(f);

	if (f->downstream)
		h.what = "the proxy at";
	return h;
}

HOP(server, hop_server(f))
HOP(client, hop_client(f))
HOP(proxy, hop_proxy(f))
HOP(closer, f->end.by_client ? hop_client(f) : hop_server(f))
HOP(other, f->end.by_client ? hop_server(f) : hop_client(f))

static bool broken(const struct facts *f)
{
	return f->breach || f->text_bad || f->frame_masked != (f->dir == WST_C2S);
}

/* Returns whether the proxy made or broke the frame itself: the leg before f had no such frame. */
static bool made_here(const struct facts *f, const struct facts *before)
{
	if (before->s[f->dir].frames < f->s[f->dir].frames)
		return before->end.seen;
	return broken(f) && !broken(before); /* else `before` would have had the verdict */
}

/* Returns the leg where the bytes of this direction begin: proxies pass on what they get. */
static const struct facts *origin(const struct facts *f, uint8_t dir)
{
	const struct facts *before;

	while ((before = dir == WST_C2S ? f->downstream : f->upstream)) {
		if (dir == f->dir && made_here(f, before))
			break;
		f = before;
	}
	return f;
}

/* Returns the sender of what goes in direction dir. */
static struct hop hop_from(const struct facts *f, uint8_t dir)
{
	return dir == WST_C2S ? hop_client(origin(f, dir)) : hop_server(origin(f, dir));
}

/* The last process in front of f that has seen the request, the first behind f with an answer. */
HOP(before, chain_asked(f) ? hop_server(chain_asked(f)) : (struct hop){ .what = "" })
HOP(answerer, chain_answered(f) ? hop_server(chain_answered(f)) : (struct hop){ .what = "" })
HOP(sender, hop_from(f, f->dir))
HOP(receiver, hop_from(f, !f->dir))
HOP(here, hop_here(f))
/* The last server of the chain, which has not answered the request. */
HOP(silent, hop_server(chain_last(f)))
HOP(last, hop_server(chain_last(f)))

HOP(peer, f->conn->role == WST_SERVER ? hop_client(f) : hop_server(f))

static void w_server_addr(struct buf *b, const struct facts *f)
{
	buf_str(b, conn_server_addr(f->conn));
}

static void w_client_addr(struct buf *b, const struct facts *f)
{
	buf_str(b, conn_client_addr(f->conn));
}

static void w_comm(struct buf *b, const struct facts *f)
{
	const struct conn *c = endpoint_server(f);

	if (c)
		buf_str(b, c->comm);
}

/* Returns how long the client had been silent when the server closed, ns; 0: it has not closed. */
static uint64_t client_silence(const struct facts *f)
{
	const struct stream_facts *s2c = &f->s[WST_S2C];
	uint64_t until = s2c->closed ? s2c->close_ts : f->end.seen ? f->end.ts : 0;
	uint64_t since = f->s[WST_C2S].last_ts > f->res.ts ? f->s[WST_C2S].last_ts : f->res.ts;

	return until > since ? until - since : 0;
}

#define STRING(name, expr)                                         \
	static void w_##name(struct buf *b, const struct facts *f) \
	{                                                          \
		put(b, expr);                                      \
	}

#define NUMBER(name, seen, expr)                                   \
	static void w_##name(struct buf *b, const struct facts *f) \
	{                                                          \
		if (seen)                                          \
			buf_u64(b, expr);                          \
	}

#define TIME(name, seen, ns)                                       \
	static void w_##name(struct buf *b, const struct facts *f) \
	{                                                          \
		if (seen)                                          \
			buf_printf(b, "%.3g", (ns) / 1e9);         \
	}

STRING(target, f->req.shown_target)
STRING(client_target, chain_asked(f) ? chain_asked(f)->req.shown_target : NULL)
STRING(kept, f->kept_elsewhere)
STRING(similar, f->similar)
STRING(location, f->res.location)
STRING(host, f->req.host)
STRING(client_host, chain_asked(f) ? chain_asked(f)->req.host : NULL)
STRING(origin, f->req.origin)
STRING(upgrade, f->req.upgrade)
STRING(client_upgrade, chain_asked(f) ? chain_asked(f)->req.upgrade : NULL)
STRING(connection, f->req.connection_value)
STRING(http, !f->req.seen ? NULL : f->req.http10 ? "1.0" : "1.1")
STRING(key, f->req.key)
STRING(request_version, f->req.version)
STRING(offered, f->req.protocols)
STRING(chosen, f->res.protocol)
STRING(extensions_offered, f->req.extensions)
STRING(extensions_granted, f->res.extensions)
STRING(flaw, f->res.flaw_says)
STRING(type, f->res.type)
STRING(request_flaw, f->req.flaw_says)
STRING(contrast_target, f->contrast.target)
STRING(contrast_origin,
       f->contrast.origin && * f->contrast.origin ? f->contrast.origin : "no Origin")
STRING(elsewhere, f->all_ports ? NULL : ", or at a port that is not traced")
STRING(accept, f->res.accept)
STRING(reason, f->res.reason)
STRING(server_version, f->res.version)
STRING(breach, f->breach ? f->breach->says : NULL)
STRING(breach_fix, f->breach ? f->breach->fix : NULL)
STRING(dir, f->dir == WST_C2S ? "c2s" : "s2c")
STRING(first, !f->end.seen ? NULL : f->end.by_client ? "client" : "server")
STRING(joined_by, f->joined_by)
NUMBER(status, f->res.seen, f->res.status)
NUMBER(client_status, f->downstream && f->downstream->res.seen, f->downstream->res.status)
NUMBER(upstream_status, chain_answered(f), chain_answered(f)->res.status)
NUMBER(latency_ms, f->res.seen && f->req.ts && f->res.ts > f->req.ts,
       (f->res.ts - f->req.ts) / 1000000)
NUMBER(waited_ms, f->end.seen && f->req.ts, (f->end.ts - f->req.ts) / 1000000)
#define QUEUE(name, seen, field) \
	NUMBER(name, chain_last(f)->wait.queue.seen, chain_last(f)->wait.queue.field)
QUEUE(listen_pid, pid, pid)
QUEUE(queued, pid, queued)
QUEUE(queue_max, pid, max)
QUEUE(files, files_max, files)
QUEUE(files_max, files_max, files_max)
NUMBER(unread_behind, f->upstream, chain_last(f)->wait.unread)
NUMBER(head_len, f->req.seen, f->req.len)
NUMBER(engine, f->req.engine, f->req.engine)
NUMBER(contrast_engine, f->contrast.engine, f->contrast.engine)
NUMBER(length, f->res.seen && f->res.length >= 0, f->res.length)
NUMBER(head_read, f->end.seen, f->end.sent)
NUMBER(port_head, f->port_head, f->port_head)
NUMBER(early, true, f->early)
NUMBER(refused_often, true, f->refused_often)
NUMBER(lived_ms, f->end.seen, f->end.lived / 1000000)
NUMBER(len, true, f->len)
NUMBER(rsv, true, f->rsv)
NUMBER(masked, true, f->frame_masked)
NUMBER(sent_code, f->s[f->dir].code, f->s[f->dir].code)
NUMBER(together, true, f->end.together)
NUMBER(equal, true, f->end.equal)
NUMBER(aged, true, f->end.aged)
NUMBER(remain, true, f->end.remain)
NUMBER(client_equal, true, f->end.client_equal)
NUMBER(restarts, true, f->end.restarts)
NUMBER(unread, true, f->wait.unread)
NUMBER(unsent, true, f->wait.unsent)
NUMBER(window, true, f->wait.window)
NUMBER(retrans, true, f->wait.retrans)
NUMBER(segments, true, f->wait.segments)
NUMBER(held, true, f->held.run)
NUMBER(held_ms, f->held.run, f->held.us / f->held.run / 1000)
NUMBER(rtt_min_us, true, f->held.rtt_us)
NUMBER(delay_ms, true, f->delay_us / 1000)
NUMBER(delays, true, f->delays)
NUMBER(rtt_ms, f->rtt_us >= 0, f->rtt_us / 1000)
NUMBER(opens, true, f->opens)
NUMBER(mass_closes, true, f->mass_closes)
NUMBER(frames_per_second, true, f->s[f->dir].tiny)
NUMBER(data_len, true, f->s[f->dir].data_len)
TIME(waiting, f->looked, f->looked - f->req.ts)
TIME(contrast_ago, f->contrast.ts, f->res.ts - f->contrast.ts)
TIME(down_ago, f->down_before.ts, f->res.ts - f->down_before.ts)
TIME(silence, f->end.seen, f->end.silence)
TIME(lived, f->end.seen, f->end.lived)
TIME(client_silence, true, client_silence(f))
TIME(ping_every, f->s[WST_C2S].ping_every || f->s[WST_S2C].ping_every,
     f->s[WST_C2S].ping_every ? f->s[WST_C2S].ping_every : f->s[WST_S2C].ping_every)
TIME(unread_for, f->wait.unread_for, f->wait.unread_for)
TIME(unclosed_for, f->wait.unclosed_for, f->wait.unclosed_for)
TIME(closed_for, f->wait.closed_for, f->wait.closed_for)
TIME(unsent_for, f->wait.unsent_for, f->wait.unsent_for)

static void w_port(struct buf *b, const struct facts *f)
{
	buf_u64(b, addr_port(conn_server_addr(f->conn)));
}

#define SPAN(name, ns)                                             \
	static void w_##name(struct buf *b, const struct facts *f) \
	{                                                          \
		put_span(b, ns);                                   \
	}

/* Appends a time as people say it: "340 ms", "5 s", "90 s", "12 min". */
static void put_span(struct buf *b, uint64_t ns)
{
	if (ns < NS_PER_SEC)
		buf_printf(b, "%llu ms", (unsigned long long)(ns / NS_PER_MS));
	else if (ns < 300 * NS_PER_SEC)
		buf_printf(b, "%.3g s", ns / 1e9);
	else
		buf_duration(b, ns);
}

SPAN(latency, f->res.ts > f->req.ts ? f->res.ts - f->req.ts : 0)
SPAN(rtt, f->rtt_us > 0 ? f->rtt_us * NS_PER_US : 0)
SPAN(waited, f->end.ts > f->req.ts ? f->end.ts - f->req.ts : 0)
SPAN(contrast_since, f->res.ts > f->contrast.ts ? f->res.ts - f->contrast.ts : 0)
SPAN(down_since, f->res.ts > f->down_before.ts ? f->res.ts - f->down_before.ts : 0)

/* Returns the process that passed on to f what came in this direction. */
static struct hop hop_passer(const struct facts *f, uint8_t dir)
{
	return dir == WST_C2S ? hop_client(f) : hop_server(f);
}

static uint8_t close_dir(const struct facts *f)
{
	uint8_t dir = WST_S2C;

	chain_close(f, &dir);
	return dir;
}

HOP(close_sender, hop_close(f))
HOP(close_passer, hop_passer(f, close_dir(f)))
HOP(passer, hop_passer(f, f->dir))
HOP(close_receiver, hop_from(f, streams_close(f) == &f->s[WST_C2S] ? WST_S2C : WST_C2S))

/* Appends "404 Not Found". */
static void w_answer(struct buf *b, const struct facts *f)
{
	buf_printf(b, "%u%s%s", f->res.status, f->res.reason && *f->res.reason ? " " : "",
		   f->res.reason ? f->res.reason : "");
}

static void w_how(struct buf *b, const struct facts *f)
{
	if (f->end.seen)
		put(b, end_name(f->end.how, END_WORD));
}

static struct hop h_down(const struct facts *f)
{
	return (struct hop){ .listen = f->down.addr, .what = "" };
}

static struct hop h_down_before(const struct facts *f)
{
	return (struct hop){ .listen = f->down_before.addr, .what = "" };
}

static void w_down(struct buf *b, const struct facts *f)
{
	buf_str(b, f->down.addr);
}

static void w_down_before(struct buf *b, const struct facts *f)
{
	buf_str(b, f->down_before.addr);
}

/* Appends how to see what is at other ports, where those are left out. */
static void w_other_ports(struct buf *b, const struct facts *f)
{
	const struct conn *c = endpoint_server(f);

	if (f->all_ports)
		return;
	buf_str(b, "; wstrace -p any");
	if (c && *c->comm)
		buf_printf(b, " --comm %s", c->comm);
	buf_str(b, " shows an upstream at another port, but no unix socket");
}

/* Appends what the server's program takes of a head, where its name tells. */
static void w_limit(struct buf *b, const struct facts *f)
{
	static const struct {
		const char *comm, *says;
	} limits[] = {
		{ "nginx", "nginx: 8 KiB a line, large_client_header_buffers" },
		{ "openresty", "nginx: 8 KiB a line, large_client_header_buffers" },
		{ "angie", "angie: 8 KiB a line, large_client_header_buffers" },
		{ "haproxy", "HAProxy: 15 KiB, tune.bufsize less tune.maxrewrite" },
		{ "apache2", "Apache: 8190 bytes a header, LimitRequestFieldSize" },
		{ "httpd", "Apache: 8190 bytes a header, LimitRequestFieldSize" },
		{ "envoy", "Envoy: 60 KiB, max_request_headers_kb" },
		{ "node", "node: 16 KiB, --max-http-header-size" },
		{ "python", "aiohttp and gunicorn: 8190 bytes a header; websockets: 8 KiB a line" },
		{ "gunicorn", "gunicorn: 8190 bytes a header, --limit-request-field_size" },
		{ "java", "Tomcat and Jetty: 8 KiB" },
		{ "lighttpd", "lighttpd: 8 KiB, server.max-request-field-size" },
	};
	const struct conn *c = endpoint_server(f);

	for (size_t i = 0; c && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strncmp(c->comm, limits[i].comm, strlen(limits[i].comm))) {
			buf_printf(b, " (%s)", limits[i].says);
			return;
		}
}

/* Appends the words that the answer's body holds. */
static void w_body(struct buf *b, const struct facts *f)
{
	for (const char *p = f->res.says ? f->res.says->words : ""; *p; p++)
		if (*p == '*')
			buf_str(b, " ... ");
		else
			buf_char(b, *p);
}

static void w_says(struct buf *b, const struct facts *f)
{
	if (!f->res.says)
		return;
	buf_str(b, "; it says \"");
	w_body(b, f);
	buf_char(b, '"');
}

static struct hop h_upstream(const struct facts *f)
{
	return f->upstream ? hop_server(f->upstream) : (struct hop){ .what = "the upstream" };
}

HOP(next, h_upstream(f))
/* Appends that the proxy in front of f did not pass the answer on, or nothing. */
static void w_not_passed(struct buf *b, const struct facts *f)
{
	const struct facts *front = refusal_hung_up(f);

	if (!front)
		return;
	buf_str(b, ", and ");
	hop_text(b, hop_server(front));
	buf_str(b, " hung up on its client without an answer: it did not pass this one on");
}

HOP(host_changer, refusal_host_changer(f))

static void w_upstream(struct buf *b, const struct facts *f)
{
	if (f->upstream)
		buf_str(b, conn_server_addr(f->upstream->conn));
}

/* Appends where a 101 got its flaw, if the one behind had none. */
static void w_flaw_from(struct buf *b, const struct facts *f)
{
	const struct facts *behind = chain_answered(f);

	if (!chain_right_behind(f))
		return;
	buf_str(b, " (the 101 of ");
	hop_text(b, hop_server(behind));
	buf_str(b, " was right for what came there: ");
	chain_asked_otherwise(b, f, behind);
	buf_str(b,
		chain_gap(f, behind) ? ", by a hop that is not seen, or by either of them)" : ")");
}

/* Whoever sent such a 101, unless a hop that is not seen may have made it so. */
static struct hop hop_of_flaw(const struct facts *f)
{
	struct hop unseen = { .what = "" };

	return chain_right_behind(f) && chain_gap(f, chain_answered(f)) ? unseen : hop_server(f);
}

HOP(flaw_hop, hop_of_flaw(f))

static void w_bad_line(struct buf *b, const struct facts *f)
{
	put(b, f->req.bad_line);
}

static void w_via_version(struct buf *b, const struct facts *f)
{
	buf_u64(b, f->conn->via.version);
}

static void w_via_client(struct buf *b, const struct facts *f)
{
	buf_str(b, f->conn->via.client);
}

HOP(intruder_from, hop_from(f, f->dir))
HOP(loser, hop_loser(f))

static void w_lost_from(struct buf *b, const struct facts *f)
{
	uint8_t dir;
	uint64_t n;
	const struct facts *leg = chain_lost(f, &dir, &n);

	if (leg)
		hop_text(b, dir == WST_C2S ? hop_client(leg->downstream) : hop_server(leg));
}

/* clang-format off */
#define S(n) { #n, false, w_##n, NULL }
#define N(n) { #n, true, w_##n, NULL }
#define T(n) { #n, false, streams_##n, NULL }
#define U(n) { #n, true, streams_##n, NULL }
#define P(n) { #n, false, place_##n, NULL }
#define R(n) { #n, false, refusal_##n, NULL }
#define H(n) { #n, false, w_##n, h_##n }

static const struct fact_text names[] = {
	H(server), H(client), H(proxy), H(closer), H(other), H(sender), H(receiver), H(here),
	H(peer), S(server_addr), S(client_addr), H(upstream), H(next), N(port), S(target),
	S(client_target), S(kept), S(location), S(host), S(client_host), S(origin), S(upgrade),
	S(client_upgrade), S(connection), S(http), S(key), S(request_version), S(offered),
	S(chosen), S(extensions_offered), S(extensions_granted), S(flaw), S(type), S(body), S(says),
	S(contrast_target), S(contrast_origin), S(elsewhere),
	S(other_ports), S(limit), H(down), H(down_before), N(head_len), N(early),
	N(contrast_ago), N(down_ago), S(accept),
	S(reason), S(server_version), S(breach), S(breach_fix), T(rsv_bits),
	N(sent_code), S(dir), S(first), S(joined_by),
	S(answer), S(how), T(code_name), T(close_reason), T(closing), H(close_sender),
	H(close_receiver), U(code), N(status), N(client_status), N(upstream_status),
	N(latency_ms), N(waited_ms), N(lived_ms), N(len), N(rsv), N(masked), N(together),
	N(equal), N(restarts), N(unread), N(unsent), N(window), N(retrans), N(segments),
	N(delay_ms),
	N(delays), N(rtt_ms), N(opens), N(mass_closes), N(frames_per_second), N(data_len),
	U(sent_len), U(sent_frames), U(taken_len), T(sent_size),
	N(silence), N(client_silence), N(ping_every), N(unread_for), N(unsent_for), N(held),
	N(held_ms), N(rtt_min_us),
	N(unclosed_for), N(closed_for), U(unanswered_for), U(stray_pongs), N(remain), N(aged),
	N(lived), N(client_equal),
	H(silent), H(last), S(comm), S(similar), N(waiting), N(unread_behind),
	H(close_passer), H(passer), T(close_sent), T(close_passed), S(flaw_from), H(flaw_hop),
	H(before), H(answerer), S(show_gap), S(look_there), S(look_ahead),
	R(differs), S(not_passed), R(sockjs), R(host_before), H(host_changer), N(head_read),
	N(refused_often), N(engine), N(contrast_engine), N(length),
	H(loser), U(lost), U(lost_of), S(lost_from),
	S(request_flaw), N(port_head), T(code_digits), U(lingered),
	P(place), P(for_place), P(matcher), P(backend), P(not_there), P(longer), P(shorten),
	P(head_kib), P(head_bytes), P(ping_fits), S(latency),
	S(waited), S(contrast_since), S(down_since),
	S(rtt), T(data_size),
	N(listen_pid), N(queued), N(queue_max), N(files), N(files_max),
	S(bad_line), N(via_version), S(via_client), T(intruder), H(intruder_from),
	T(intruder_bytes), U(intruder_offset),
};
/* clang-format on */

const struct fact_text *fact_text_find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == n && !memcmp(names[i].name, name, n))
			return &names[i];
	return NULL;
}

/* Returns the length of the name in braces at p, or 0: braces of configurations have none. */
static size_t name_len(const char *p)
{
	size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_0123456789");

	return *p == '{' && p[1 + n] == '}' ? n : 0;
}

static void fill(struct buf *b, const char *text, const struct facts *f, bool lines)
{
	for (const char *p = text; *p;) {
		size_t n = name_len(p);
		const struct fact_text *name = n ? fact_text_find(p + 1, n) : NULL;
		size_t from = b->len;

		if (!n) {
			buf_char(b, *p++);
			continue;
		}
		if (name)
			name->write(b, f);
		for (size_t i = from; lines && i < b->len; i++)
			if (b->data[i] == '\n') /* a process may have such a name */
				b->data[i] = ' ';
		p += n + 2;
		if (name && name->hop && name->hop(f).container && *p == ' ')
			buf_char(b, ','); /* the one behind the container's name */
	}
}

void fact_text_fill(struct buf *b, const char *text, const struct facts *f)
{
	fill(b, text, f, false);
}

void fact_text_fill_fix(struct buf *b, const char *text, const struct facts *f)
{
	fill(b, text, f, true);
}
