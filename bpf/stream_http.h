/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a direction's HTTP heads change it: the part of stream.h for the phase PH_HTTP. */
#ifndef STREAM_HTTP_H
#define STREAM_HTTP_H

#include "stream.h"

/*
 * Takes the end of a head. request: HTTP_* flags of the connection's last request, which this one
 * may be. Returns enum wst_head_flags, or a negative enum wst_why where the stream is no HTTP, or
 * no longer.
 */
static __always_inline int stream_head(struct stream *s, __u16 *request, __u8 dir)
{
	__u16 flags = s->http.flags, status = s->http.status;
	int body;

	if (!!(flags & HTTP_IS_RESPONSE) != (dir == WST_S2C))
		return -WST_WHY_NOT_HTTP;
	if (dir == WST_C2S) {
		*request = flags | (*request & HTTP_IN_TUNNEL);
		http_body(&s->http, 0);
		return flags & HTTP_IS_PRI ? -WST_WHY_HTTP2 : WST_HEAD_LAST;
	}
	if (status == 101) {
		if (!(flags & HTTP_UPGRADE) &&
		    (flags & HTTP_OTHER_UPGRADE || !(*request & HTTP_UPGRADE)))
			return -WST_WHY_OTHER_UPGRADE;
		stream_begin_ws(s);
		return WST_HEAD_LAST | WST_HEAD_WS;
	}
	if (status / 100 == 2 && *request & HTTP_IS_CONNECT) {
		http_next(&s->http); /* a tunnel (RFC 9110 section 9.3.6): anything may follow */
		*request = HTTP_IN_TUNNEL;
		return WST_HEAD_LAST;
	}
	body = http_body(&s->http, *request & HTTP_IS_HEAD);
	if (body == HTTP_UNTIL_CLOSE)
		s->phase = PH_OPAQUE;
	s->body = status >= 300 && body != HTTP_NO_BODY ? WST_BODY_MAX : 0;
	s->body_pos = s->pos;
	if (status >= 200)
		*request &= HTTP_IN_TUNNEL;
	return WST_HEAD_LAST;
}

/*
 * Whether the next bytes belong to a body that is to be handed on, for what a server says with its
 * answer. The framing of chunks is handed on with them; they are still to be walked through.
 */
static __always_inline int stream_wants_body(const struct stream *s)
{
	return s->body && s->pos >= s->body_pos &&
	       (s->phase == PH_OPAQUE || (s->phase == PH_HTTP && s->http.state >= HTTP_CONTENT));
}

/* The next n bytes of a body have been handed on. */
static __always_inline void stream_body_passed(struct stream *s, __u32 n)
{
	s->body -= n;
	s->body_pos = s->pos + n;
}

/*
 * Gives up a stream that is not HTTP, or goes over to something that is not WebSocket. client: the
 * client's direction. Fills in r, whose struct wst_hdr is complete. Returns whether the whole
 * connection is given up: after a client's TLS the server's first bytes still tell whether it
 * speaks TLS, too.
 */
static __always_inline int stream_opaque(struct stream *s, const struct stream *client, __u8 dir,
					 __u8 why, struct wst_opaque *r)
{
	r->why = why;
	if (dir == WST_S2C && client->phase == PH_OPAQUE)
		r->h.flags = WST_ANSWER;
	s->phase = PH_OPAQUE;
	return why != WST_WHY_TLS || dir == WST_S2C;
}

/*
 * Whether the n bytes at p start like a TLS record (RFC 8446, 5.1): of a handshake, or an alert
 * about none.
 */
static __always_inline int stream_is_tls(const __u8 *p, __u32 n)
{
	return n > 2 && (p[0] == 0x16 || p[0] == 0x15) && p[1] == 3 && p[2] <= 4;
}

/*
 * Takes a piece of a head, used bytes long and pos bytes behind the head's start; ev is the enum
 * http_event behind it, tls whether its bytes start like a TLS record, see stream_is_tls(). Returns
 * the enum wst_head_flags of its record, or a negative enum wst_why where the stream is no HTTP.
 */
static __always_inline int stream_piece(struct stream *s, __u16 *request, __u8 dir, int ev,
					__u32 pos, __u32 used, int tls)
{
	int flags = 0;

	if (ev == HTTP_BAD) {
		if (pos || !tls)
			return -WST_WHY_NOT_HTTP;
		/* The client need not have waited for the answer to its CONNECT. */
		return *request & (HTTP_IS_CONNECT | HTTP_IN_TUNNEL) ? -WST_WHY_TUNNEL_TLS :
								       -WST_WHY_TLS;
	}
	if (pos + used > WST_HEAD_MAX * 16)
		return -WST_WHY_NOT_HTTP;
	if (ev == HTTP_END)
		flags = stream_head(s, request, dir);
	if (ev == HTTP_PREFACE) {
		flags = dir == WST_C2S ? WST_HEAD_LAST | WST_HEAD_PROXY : -WST_WHY_NOT_HTTP;
		http_next(&s->http);
	}
	if (flags < 0)
		return flags;
	if (pos == 0)
		flags |= WST_HEAD_FIRST;
	if (pos + used > WST_HEAD_MAX)
		flags |= WST_HEAD_CUT;
	return flags;
}

/*
 * Whether a piece with these flags gets a record, and with which place and length: of a head that
 * is cut only the end does, without bytes, and its place is the length of the head.
 */
static __always_inline int stream_piece_told(int flags, __u32 *pos, __u32 *n)
{
	if (!(flags & WST_HEAD_CUT))
		return 1;
	*pos += *n;
	*n = 0;
	return flags & WST_HEAD_LAST;
}

/*
 * Whether a client's byte where a head may start is a frame's: the first frame may come before the
 * 101 has been seen. A server reads it on one CPU while the send of the 101 has not returned on
 * another, and captures do not keep that order either. No method starts like a frame.
 */
static __always_inline int stream_is_frame(const struct stream *s, __u16 request, __u8 dir,
					   __u8 first)
{
	return !s->http.head_len && s->http.state < HTTP_CONTENT && request & HTTP_UPGRADE &&
	       dir == WST_C2S && (first & 0xc0) != 0x40 && first != '\r' && first != '\n';
}

/* Whether a request, a response or a PROXY header seems to start at p, when joined midway. */
static __always_inline int stream_starts_http(const __u8 *p, __u32 n)
{
	if (n < 8)
		return 0;
	if (p[0] == '\r' && p[1] == '\n' && p[2] == '\r' && p[3] == '\n' && !p[4])
		return p[5] == '\r' && p[6] == '\n' && p[7] == 'Q';
	for (int i = 0; i < 3; i++)
		if (p[i] < 'A' || p[i] > 'Z')
			return 0;
	return p[3] == ' ' || p[4] == ' ' || p[5] == ' ' || p[6] == ' ' || p[7] == ' ' ||
	       (p[4] == '/' && p[5] == '1');
}

/*
 * Gives the direction up, since where a frame had to start there was something else, first the n
 * bytes at p. Fills in r, whose struct wst_hdr is complete.
 */
static __always_inline void stream_intrusion(struct stream *s, __u8 why, const __u8 *p, __u32 n,
					     struct wst_opaque *r)
{
	if (why == WST_WHY_TEXT_IN_WS && stream_starts_http(p, n))
		why = WST_WHY_HTTP_IN_WS;
	r->why = why;
	r->offset = s->pos;
	r->n = why == WST_WHY_TUNNEL_TLS ? 0 : n < WST_FIRST_BYTES ? n : WST_FIRST_BYTES;
	s->phase = PH_OPAQUE;
}

/*
 * Whether the client's first call, of total bytes of which n are at p, asks a SOCKS proxy: version
 * 5 with a list of methods (RFC 1928, 3), or 4 with the command CONNECT.
 */
static __always_inline int stream_is_socks(const struct stream *s, const __u8 *p, __u32 n,
					   __u64 total, __u8 dir)
{
	if (dir != WST_C2S || s->http.later || s->http.head_len || s->http.state || n < 3)
		return 0;
	if (p[0] == 5)
		return p[1] && p[1] < 16 && total == p[1] + 2U;
	return p[0] == 4 && p[1] == 1 && n >= 9 && total < 512;
}

#endif
