/* SPDX-License-Identifier: GPL-2.0-only */
/* What has been observed of a connection, for the rules of diagnosis to judge. */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "facts/heads.h"
#include "facts/streams.h"

/* Fields of legs.c. */
struct legs_node {
	struct wst_hist *delay; /* the proxy's own delay, by enum wst_dir; NULL: none */
	struct leg_ring *ring; /* offsets of the last frames; NULL: none */
	struct {
		uint32_t n, last; /* masked frames so far, and the last one's key */
		/* connection and frame that had it before */
		uint32_t downstream, nth;
		uint32_t equal; /* frames in a row of which that is so */
	} masks;
	struct facts *older, *newer; /* list of those that may cause a connection upstream */
	uint64_t waits_since; /* ns; 0: not in that list */
	UT_hash_handle by_key;
};

/* What is known to lie between two legs that are joined. */
enum between {
	BETWEEN_ONE, /* one process, or one host where processes are not known */
	BETWEEN_UNSEEN, /* something that is not seen: the second leg is another's */
};

#define RECENT 4 /* frames that may still come after the first sign of an end */

struct facts {
	struct conn *conn; /* the decoder's; after its end a copy of what verdicts show */
	bool open;
	bool other_end_judged; /* both ends are watched; the other end gets the verdicts */
	bool judged; /* verdicts on its end have been given */
	uint32_t number;
	/* next legs, to the server, to the client */
	struct facts *upstream, *downstream;
	const char *joined_by; /* to downstream: "key", "pid-time", "mask" */
	enum between between; /* what lies between downstream and this leg */
	bool replaced; /* its proxy has turned to another upstream since, and forgot this one */
	/* name of the client's process, where that is on this host and has no end here; else empty
	 */
	char client_comm[WST_COMM_LEN];
	struct request_facts req;
	struct response_facts res;
	struct stream_facts s[WST_DIRS];
	struct end_facts end;
	struct waiting_facts wait;
	struct held_facts held;
	bool close_waits; /* a Close frame on it is not judged yet */
	bool missed; /* bytes or events of it were missed */
	uint8_t dir; /* of the frame, opaque bytes or held write that is judged now */
	const struct breach *breach; /* rule that this frame breaks; NULL: none */
	uint64_t len; /* the frame's payload length */
	int64_t rtt_us; /* of the pong that is judged now */
	uint64_t recent[RECENT]; /* when the last frames passed, of either direction */
	uint32_t n_recent;
	/* longest time between two frames, or from the 101 to the first, ns, and when it was over
	 */
	uint64_t quiet, quiet_ts;
	uint8_t rsv;
	bool frame_masked;
	bool other_blind; /* the frame's receiver may have sent what was not seen */
	bool text_bad; /* the frame holds text that is not UTF-8 */
	uint32_t opaque_why; /* enum wst_why, of the client's bytes */
	uint32_t answer_why; /* of the server's first bytes, where they are not HTTP */
	bool heard; /* the server has sent something, or may have: bytes or events were missed */
	bool earlier; /* a request before this one was answered */
	bool ahead; /* an answer came before its request: the server had not read all of it */
	uint32_t outstanding; /* requests without an answer */
	/* within a minute, the client's host has also sent what is neither HTTP nor TLS */
	bool probing;
	bool port_plain, port_tls; /* others were answered there in HTTP, in TLS */
	uint32_t http2_refused; /* clients of HTTP/2 on which it hung up, with this one */
	/* others had an answer there that is no 400: behind a PROXY header, without one */
	bool port_proxied, port_bare;
	uint64_t port_head; /* bytes of the largest head that the server took so far; 0: none */
	const struct wst_opaque *intruder; /* what came in place of a frame, while that is judged */
	bool intruded; /* something has come so */
	char *kept_elsewhere; /* a target whose Upgrade header the same proxy has passed on */
	const char *similar; /* a target that got a 101, but for case or a last slash */
	struct contrast_facts contrast;
	struct down_facts down, down_before; /* for this request, for one before it */
	bool all_ports; /* no port is left out */
	uint32_t refused_often; /* connects there that were refused, with this one; 0: not many */
	uint32_t early; /* addresses from which clients left after such a 101, and none stayed */
	uint64_t looked; /* when the request was found still waiting; 0: never */
	/* the chain's last leg when a verdict said that the answer is late; 0: none did */
	uint32_t told_late;
	uint32_t opens; /* WebSocket requests to the port in this second */
	uint32_t mass_closes; /* of the port, all at once, in the half minute before */
	uint64_t delay_us, delays; /* delay of the proxy behind: median, number of messages */
	uint32_t causes; /* a bit for each enum cause that has had its verdict */

	/* Lists, each with the file that it belongs to. */
	struct facts *next, *prev; /* diagnose.c: all, oldest first */
	struct facts *ended_next; /* ends.c */
	bool undecided; /* undecided.c: its response is not judged yet */
	size_t undecided_at;
	uint64_t decide_at;
	bool asked; /* unanswered.c: its request waits for an answer */
	struct facts *asked_before, *asked_after;
	struct legs_node legs;
};

/* Returns the direction whose Close frame came first; NULL: there was none. */
const struct stream_facts *first_close(const struct facts *f);

/* Returns whether the server of f has, or may have, sent anything since the request. */
bool server_heard(const struct facts *f);

/* Returns whether bytes before the end were not seen, or not decoded: a Close frame may be there.
 */
bool end_blind(const struct facts *f);

/* Returns what the reason of s, which sent the first Close frame, means; s may be NULL. */
enum close_meaning close_meaning(const struct stream_facts *s);
/* Returns f's round trip, ns, at most 2 s; 0: not known. A peer can feign longer ones. */
uint64_t facts_rtt(const struct facts *f);

/*
 * Returns whether ns is longer than least, and than what the path may explain: times that are short
 * on one path are a round trip on another.
 */
bool facts_longer(const struct facts *f, uint64_t ns, uint64_t least);

/* Returns whether a side ended f, by FIN or RST, and neither TCP nor the kernel did. */
bool end_by_side(const struct facts *f);

/* Returns the time from the last Close frame to the end of f, ns; 0: there is none. */
uint64_t end_lingered(const struct facts *f);

/* Returns whether the client left at once after the 101, without a word, and unprovoked. */
bool left_at_once(const struct facts *f);

#endif
