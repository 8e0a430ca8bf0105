// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "decode/ws.h"
#include "facts/chain.h"
#include "facts/chain_text.h"
#include "facts/endpoints.h"

static void put_host(struct buf *b, const char *addr)
{
	const char *from;
	size_t n = addr_host(addr, &from);

	buf_add(b, from, n);
}

static bool is_loopback(const char *addr)
{
	return !strncmp(addr, "127.", 4) || !strncmp(addr, "[::1]", 5);
}

/* Returns the leg between f and the one that asked that cannot be read, or NULL. */
static const struct facts *unreadable(const struct facts *f)
{
	const struct facts *asked = chain_asked(f);

	for (f = f->downstream; f && f != asked; f = f->downstream)
		if (f->opaque_why)
			return f;
	return NULL;
}

void gap_show(struct buf *b, const struct facts *f)
{
	const struct facts *asked = chain_asked(f), *tls = unreadable(f);
	const char *from = conn_client_addr(f->conn);
	bool here = chain_client_pid(f) || is_loopback(from);

	if (tls) {
		buf_printf(b,
			   "look at the configuration on both sides of %s, which is TLS and "
			   "not readable",
			   conn_server_addr(tls->conn));
		return;
	}
	if (here && f->all_ports)
		buf_str(b, "look for a hop on another host, in TLS or at a unix socket, which is "
			   "not readable from here");
	else if (here)
		buf_str(b, "sudo wstrace -p any shows the hops of this host");
	if (!here) {
		buf_str(b, "sudo wstrace -p any on ");
		put_host(b, from);
		buf_str(b, " shows what came there");
	}
	if (!asked || chain_server_pid(asked) || is_loopback(conn_server_addr(asked->conn)))
		return;
	buf_printf(b, "; sudo wstrace -p %u on ", addr_port(conn_server_addr(asked->conn)));
	put_host(b, conn_server_addr(asked->conn));
	buf_str(b, " shows what left there");
}

void gap_look_ahead(struct buf *b, const struct facts *f)
{
	const char *from = conn_client_addr(f->conn);

	if (!chain_server_pid(f) || f->conn->client_pid || f->downstream || is_loopback(from))
		return;
	buf_str(b, "where ");
	put_host(b, from);
	buf_str(b, " is a proxy: sudo wstrace -p any there shows what it got");
}

void gap_look_there(struct buf *b, const struct facts *f)
{
	const struct facts *last = chain_last(f), *asked = chain_asked(last);
	const char *at = conn_server_addr(last->conn);
	const struct conn *here = endpoint_client(last);

	if (last->conn->role == WST_SERVER || !here || is_loopback(at))
		return;
	if (asked && last->between == BETWEEN_ONE && asked->req.websocket && last->req.websocket &&
	    last->req.connection && *here->comm)
		buf_printf(b, "%s passed Upgrade on correctly: ", here->comm);
	buf_str(b, "look at ");
	put_host(b, at);
	buf_printf(b, " (sudo wstrace -p %u there)", addr_port(at));
}

static void put_close(struct buf *b, const struct stream_facts *s)
{
	const char *name = ws_close_name(s->code);

	if (!s->code)
		buf_str(b, "without a code");
	else
		buf_printf(b, "%u%s%s", s->code, name ? " " : "", name ? name : "");
	if (s->reason && *s->reason)
		buf_printf(b, ": %s", s->reason);
}

void chain_close_sent(struct buf *b, const struct facts *f)
{
	uint8_t dir;
	const struct facts *leg = chain_close(f, &dir);

	if (leg)
		put_close(b, &leg->s[dir]);
}

void chain_close_passed(struct buf *b, const struct facts *f)
{
	uint8_t dir;

	if (chain_close(f, &dir) && f->s[dir].closed)
		put_close(b, &f->s[dir]);
}

bool chain_right_behind(const struct facts *f)
{
	const struct facts *behind = chain_answered(f);

	return behind && behind->res.websocket && !behind->res.flaw && !behind->res.cut;
}

void chain_asked_otherwise(struct buf *b, const struct facts *f, const struct facts *behind)
{
	const struct request_facts *here = &f->req, *there = &behind->req;
	const char *x = here->protocols, *y = there->protocols, *name = "Sec-WebSocket-Protocol";

	if (f->res.flaw == FLAW_ACCEPT || f->res.flaw == FLAW_101) {
		x = here->key;
		y = there->key;
		name = "Sec-WebSocket-Key";
	} else if (f->res.flaw == FLAW_EXTENSION) {
		x = here->extensions;
		y = there->extensions;
		name = "Sec-WebSocket-Extensions";
	}
	if (x == y || (x && y && !strcmp(x, y)))
		buf_str(b, "the answer was changed on the way");
	else if (!y)
		buf_printf(b, "the request had lost its %s on the way", name);
	else
		buf_printf(b, "the request had another %s there", name);
}
