// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "decode/hist.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "facts/chain.h"
#include "facts/endpoints.h"
#include "facts/fact_text.h"
#include "facts/observe.h"

static void put(struct buf *b, const char *s)
{
	if (s)
		buf_str(b, s);
}

static void put_process(struct buf *b, const struct conn *c)
{
	buf_str(b, c->comm);
	buf_printf(b, "[%u]", c->pid);
}

static void w_server(struct buf *b, const struct facts *f)
{
	const struct conn *c = endpoint_server(f);

	if (c)
		put_process(b, c);
	else
		buf_printf(b, "the server %s", conn_server_addr(f->conn));
}

static void w_client(struct buf *b, const struct facts *f)
{
	const struct conn *c = endpoint_client(f);

	if (c)
		put_process(b, c);
	else
		buf_printf(b, "the client %s", conn_client_addr(f->conn));
}

static void w_proxy(struct buf *b, const struct facts *f)
{
	const struct conn *c = endpoint_client(f);

	if (c && (f->downstream || proxy_named(c->comm)))
		put_process(b, c);
	else
		buf_printf(b, "the proxy at %s", conn_client_addr(f->conn));
}

static void w_closer(struct buf *b, const struct facts *f)
{
	if (f->end.by_client)
		w_client(b, f);
	else
		w_server(b, f);
}

static void w_other(struct buf *b, const struct facts *f)
{
	if (f->end.by_client)
		w_server(b, f);
	else
		w_client(b, f);
}

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

/* Appends the sender of what goes in direction dir. */
static void put_from(struct buf *b, const struct facts *f, uint8_t dir)
{
	if (dir == WST_C2S)
		w_client(b, origin(f, dir));
	else
		w_server(b, origin(f, dir));
}

static void w_sender(struct buf *b, const struct facts *f)
{
	put_from(b, f, f->dir);
}

static void w_receiver(struct buf *b, const struct facts *f)
{
	put_from(b, f, !f->dir);
}

/* Appends this end: its process, or its address. */
static void w_here(struct buf *b, const struct facts *f)
{
	if (f->conn->pid)
		put_process(b, f->conn);
	else
		buf_str(b, f->conn->local);
}

static void w_peer(struct buf *b, const struct facts *f)
{
	buf_str(b, f->conn->remote);
}

static void w_server_addr(struct buf *b, const struct facts *f)
{
	buf_str(b, conn_server_addr(f->conn));
}

static void w_client_addr(struct buf *b, const struct facts *f)
{
	buf_str(b, conn_client_addr(f->conn));
}

/* Appends the last server of the chain, which has not answered the request. */
static void w_silent(struct buf *b, const struct facts *f)
{
	const struct facts *last = chain_last(f);
	const struct conn *c = endpoint_server(last);

	if (c) {
		put_process(b, c);
		buf_str(b, " at ");
	}
	buf_str(b, conn_server_addr(last->conn));
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
STRING(client_target, f->downstream ? f->downstream->req.shown_target : NULL)
STRING(kept, f->kept_elsewhere)
STRING(similar, f->similar)
STRING(location, f->res.location)
STRING(host, f->req.host)
STRING(client_host, f->downstream ? f->downstream->req.host : NULL)
STRING(origin, f->req.origin)
STRING(upgrade, f->req.upgrade)
STRING(client_upgrade, f->downstream ? f->downstream->req.upgrade : NULL)
STRING(connection, f->req.connection_value)
STRING(http, !f->req.seen ? NULL : f->req.http10 ? "1.0" : "1.1")
STRING(key, f->req.key)
STRING(request_version, f->req.version)
STRING(offered, f->req.protocols)
STRING(chosen, f->res.protocol)
STRING(extensions_offered, f->req.extensions)
STRING(extensions_granted, f->res.extensions)
STRING(stray_extension, f->stray_extension)
STRING(accept, f->res.accept)
STRING(reason, f->res.reason)
STRING(server_version, f->res.version)
STRING(breach, f->breach ? f->breach->says : NULL)
STRING(breach_fix, f->breach ? f->breach->fix : NULL)
STRING(missing, !f->res.has_upgrade    ? "Upgrade" :
		!f->res.has_connection ? "Connection" :
		!f->res.has_accept     ? "Sec-WebSocket-Accept" :
					 NULL)
STRING(dir, f->dir == WST_C2S ? "c2s" : "s2c")
STRING(first, !f->end.seen ? NULL : f->end.by_client ? "client" : "server")
STRING(joined_by, f->joined_by)
NUMBER(status, f->res.seen, f->res.status)
NUMBER(client_status, f->downstream && f->downstream->res.seen, f->downstream->res.status)
NUMBER(upstream_status, f->upstream && f->upstream->res.seen, f->upstream->res.status)
NUMBER(latency_ms, f->res.seen && f->req.ts, (f->res.ts - f->req.ts) / 1000000)
NUMBER(waited_ms, f->end.seen && f->req.ts, (f->end.ts - f->req.ts) / 1000000)
NUMBER(unread_behind, f->upstream, chain_last(f)->wait.unread)
NUMBER(lived_ms, f->end.seen, f->end.lived / 1000000)
NUMBER(len, true, f->len)
NUMBER(rsv, true, f->rsv)
NUMBER(masked, true, f->frame_masked)
NUMBER(sent_code, f->s[f->dir].code, f->s[f->dir].code)
NUMBER(together, true, f->end.together)
NUMBER(equal, true, f->end.equal)
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
TIME(silence, f->end.seen, f->end.silence)
TIME(client_silence, client_silence(f), client_silence(f))
TIME(ping_every, f->s[WST_C2S].ping_every || f->s[WST_S2C].ping_every,
     f->s[WST_C2S].ping_every ? f->s[WST_C2S].ping_every : f->s[WST_S2C].ping_every)
TIME(unread_for, f->wait.unread_for, f->wait.unread_for)
TIME(unsent_for, f->wait.unsent_for, f->wait.unsent_for)

static void w_port(struct buf *b, const struct facts *f)
{
	buf_u64(b, addr_port(conn_server_addr(f->conn)));
}

/* Appends "RSV2 and RSV3". */
static void w_rsv_bits(struct buf *b, const struct facts *f)
{
	const char *between = "";

	for (int n = 1; n <= 3; n++) {
		if (!(f->rsv & 8 >> n))
			continue;
		buf_printf(b, "%sRSV%d", between, n);
		between = " and ";
	}
}

/* Returns the direction whose Close frame came first. */
static const struct stream_facts *close_of(const struct facts *f)
{
	const struct stream_facts *c = &f->s[WST_C2S], *s = &f->s[WST_S2C];

	if (!c->closed || !s->closed)
		return c->closed ? c : s;
	return c->close_ts <= s->close_ts ? c : s;
}

static void w_code(struct buf *b, const struct facts *f)
{
	if (close_of(f)->code)
		buf_u64(b, close_of(f)->code);
}

static void w_code_name(struct buf *b, const struct facts *f)
{
	put(b, ws_close_name(close_of(f)->code));
}

static void w_close_reason(struct buf *b, const struct facts *f)
{
	put(b, close_of(f)->reason);
}

/* Appends "1008 policy violation: go away". */
static void w_closing(struct buf *b, const struct facts *f)
{
	w_code(b, f);
	if (ws_close_name(close_of(f)->code))
		buf_printf(b, " %s", ws_close_name(close_of(f)->code));
	if (close_of(f)->reason && *close_of(f)->reason)
		buf_printf(b, ": %s", close_of(f)->reason);
}

static void w_close_sender(struct buf *b, const struct facts *f)
{
	put_from(b, f, close_of(f) == &f->s[WST_C2S] ? WST_C2S : WST_S2C);
}

static void w_close_receiver(struct buf *b, const struct facts *f)
{
	put_from(b, f, close_of(f) == &f->s[WST_C2S] ? WST_S2C : WST_C2S);
}

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

static void w_upstream(struct buf *b, const struct facts *f)
{
	if (f->upstream)
		buf_str(b, conn_server_addr(f->upstream->conn));
}

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

/* Appends what came in place of a frame. */
static void w_intruder(struct buf *b, const struct facts *f)
{
	if (f->intruder)
		buf_str(b, f->intruder->why == WST_WHY_HTTP_IN_WS ? "HTTP" :
			   f->intruder->why == WST_WHY_TLS_IN_WS  ? "TLS" :
								    "text");
}

static void w_intruder_from(struct buf *b, const struct facts *f)
{
	put_from(b, f, f->dir);
}

static void w_intruder_bytes(struct buf *b, const struct facts *f)
{
	const struct wst_opaque *r = f->intruder;
	uint32_t n = 0;

	if (!r)
		return;
	while (n < r->n && r->first[n] != '\r' && r->first[n] != '\n')
		n++;
	buf_char(b, '\'');
	buf_add(b, r->first, r->why == WST_WHY_TLS_IN_WS ? r->n : n);
	buf_char(b, '\'');
}

static void w_intruder_offset(struct buf *b, const struct facts *f)
{
	if (f->intruder)
		buf_u64(b, f->intruder->offset);
}

/* clang-format off */
#define S(n) { #n, false, w_##n }
#define N(n) { #n, true, w_##n }

static const struct fact_text names[] = {
	S(server), S(client), S(proxy), S(closer), S(other), S(sender), S(receiver), S(here),
	S(peer), S(server_addr), S(client_addr), S(upstream), N(port), S(target),
	S(client_target), S(kept), S(location), S(host), S(client_host), S(origin), S(upgrade),
	S(client_upgrade), S(connection), S(http), S(key), S(request_version), S(offered),
	S(chosen), S(extensions_offered), S(extensions_granted), S(stray_extension), S(accept),
	S(reason), S(server_version), S(breach), S(breach_fix), S(rsv_bits),
	N(sent_code), S(missing), S(dir), S(first), S(joined_by),
	S(answer), S(how), S(code_name), S(close_reason), S(closing), S(close_sender),
	S(close_receiver), N(code), N(status), N(client_status), N(upstream_status),
	N(latency_ms), N(waited_ms), N(lived_ms), N(len), N(rsv), N(masked), N(together),
	N(equal), N(restarts), N(unread), N(unsent), N(window), N(retrans), N(segments),
	N(delay_ms),
	N(delays), N(rtt_ms), N(opens), N(mass_closes), N(frames_per_second), N(data_len),
	N(silence), N(client_silence), N(ping_every), N(unread_for), N(unsent_for), N(held),
	N(held_ms), N(rtt_min_us),
	S(silent), S(comm), S(similar), N(waiting), N(unread_behind),
	S(bad_line), N(via_version), S(via_client), S(intruder), S(intruder_from),
	S(intruder_bytes), N(intruder_offset),
};
/* clang-format on */

const struct fact_text *fact_text_find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == n && !memcmp(names[i].name, name, n))
			return &names[i];
	return NULL;
}

void fact_text_fill(struct buf *b, const char *text, const struct facts *f)
{
	for (const char *p = text; *p;) {
		const char *brace = strchr(p, '{'), *end = brace ? strchr(brace, '}') : NULL;
		const struct fact_text *name;

		if (!end) {
			buf_str(b, p);
			return;
		}
		buf_add(b, p, brace - p);
		name = fact_text_find(brace + 1, end - brace - 1);
		if (name)
			name->write(b, f);
		p = end + 1;
	}
}
