// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from packets to events. Each packet of the input starts with a byte: up to 7 it stands
 * for a link type, and a packet follows as it would be captured; else for a segment of one
 * connection.
 */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/capture.h"
#include "decode/decode.h"
#include "capture/reassembly.h"
#include "capture/twice.h"
#include "capture/walk.h"

#define CHECK(x) ((x) ? (void)0 : abort())

struct stream {
	struct walk_conn *walk;
	uint64_t passed[WST_DIRS];
	uint32_t next[WST_DIRS];
	bool started[WST_DIRS];
};

static struct walker *walker;
static struct decoder *decoder;

static void on_event(void *ctx, const struct event *e)
{
	CHECK(e->conn && e->type < EV_TYPES);
	CHECK(e->type != EV_FRAME || e->frame.payload.n <= e->frame.len);
}

static void on_record(void *ctx, const void *record, size_t size)
{
	decoder__set_origin(decoder, walker__packet(walker), NULL);
	CHECK(decoder__record(decoder, record, size, 0) == 0);
}

static void *on_open(void *ctx, const struct wst_open *o)
{
	struct stream *s = calloc(1, sizeof(*s));

	s->walk = walk__open(walker, o);
	return s;
}

static void on_bytes(void *conn, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		     uint32_t have, uint32_t len)
{
	struct stream *s = conn;
	int32_t ahead = seq - s->next[dir];

	CHECK(have <= len);
	CHECK(!s->started[dir] || ahead >= 0 || ahead < -(1 << 25)); /* no byte twice */
	s->started[dir] = true;
	s->next[dir] = seq + len;
	walk__bytes(s->walk, dir, ts, seq, p, have, len);
}

static void on_stats(void *conn, uint64_t ts, const struct walk_tcp *t)
{
	walk__stats(((struct stream *)conn)->walk, ts, t);
}

static void on_close(void *conn, uint64_t ts, const struct walk_tcp *t)
{
	walk__close(((struct stream *)conn)->walk, ts, t);
	free(conn);
}

static void on_drop(void *conn)
{
	walk__free(((struct stream *)conn)->walk);
	free(conn);
}

static void on_resume(void *conn, uint64_t ts, const uint8_t *p, uint32_t n)
{
	walk__resume(((struct stream *)conn)->walk, ts, p, n);
}

static const struct reassembly_ops ops = { on_open,  on_bytes,	   on_stats,
					   on_close, on_drop,	   walk_guess_client,
					   NULL,     walk_made_up, on_resume };

/* p: kind, TCP flags, seq of two bytes, ack, bytes not captured; n bytes of payload behind that. */
static void segment(struct segment *s, const uint8_t *p, size_t n)
{
	bool server = p[0] & 1;

	memset(s->addr, 0, sizeof(s->addr));
	s->family = AF_INET;
	s->addr[server][0] = 1;
	s->port[server] = 80;
	s->port[!server] = 40000;
	s->flags = p[1];
	s->seq = 0xffffff00 + (p[2] << 8 | p[3]);
	s->ack = 0xffffff00 + p[4];
	s->file = p[0] >> 1 & 1;
	s->made_up = p[0] >> 2 & 1;
	s->unreachable = (p[0] >> 3 & 7) == 7;
	s->header = p;
	s->header_len = 6;
	s->data = p + 6;
	s->have = n;
	s->len = n + (p[5] < 200 ? 0 : p[5]);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const int links[] = { DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW,
				     DLT_NULL,	 DLT_LOOP,	DLT_IPV4,	DLT_IPV6 };
	struct passing passing = {};
	const struct walk_options walk = {
		.passing = &passing, .snaplen = 20, .data_frames = true, .hists = true
	};
	const struct reassembly_options tcp = { .passing = &passing, .role = WST_SERVER };
	struct twice *twice = twice__new();
	struct reassembly *r = reassembly__new(&tcp, &ops, NULL);
	uint64_t ts = 1;

	decoder = decoder__new(on_event, NULL, &(struct decoder_options){ .payload = true });
	walker = walker__new(&walk, on_record, NULL);
	while (n >= 7) {
		struct segment s = { .packet = 1, .ts = ts += (p[1] & 0xc0) * 1000000 };
		size_t len = p[6] < n - 7 ? p[6] : n - 7;
		uint8_t *copy = malloc(len + 6); /* ASan knows where it ends */
		bool fragment = false;

		memcpy(copy, p, 6);
		memcpy(copy + 6, p + 7, len);
		if (p[0] > 7)
			segment(&s, copy, len);
		if (p[0] > 7 ||
		    capture_parse(links[p[0]], copy + 6, len, len + p[5], &s, &fragment))
			if (s.unreachable || !twice__seen(twice, &s))
				reassembly__segment(r, &s);
		free(copy);
		p += 7 + len;
		n -= 7 + len;
	}
	twice__free(twice);
	reassembly__end(r);
	reassembly__stats(r, ts);
	reassembly__free(r);
	decoder__flush(decoder);
	decoder__free(decoder);
	walker__free(walker);
	return 0;
}
