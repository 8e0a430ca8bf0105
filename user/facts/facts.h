/* SPDX-License-Identifier: GPL-2.0-only */
/* What has been observed of a connection, for the rules of diagnosis to judge. */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "facts/heads.h"

enum message_state { MESSAGE_NONE, MESSAGE_OPEN, MESSAGE_UNKNOWN };

struct stream_facts {
	uint64_t frames, last_ts;
	uint64_t data_ts, data_len; /* of the last data frame */
	enum message_state message;
	bool closed; /* a Close frame has passed */
	bool compressed; /* the last data frame was */
	uint32_t compressed_frames; /* messages that were */
	uint16_t code;
	uint64_t close_ts, close_len;
	char *reason;
	uint64_t ping_ts; /* of the last ping */
	uint64_t ping_every; /* time between the last two, ns */
	uint32_t pings;
	uint64_t asked_ts; /* of the first ping that has no pong yet */
	/* pings since then, with it, and pongs since then that answer none of them */
	uint32_t asked, stray_pongs;
	uint64_t second; /* start of the second in which tiny frames are counted */
	uint32_t tiny, busy_seconds;
};

struct end_facts {
	bool seen;
	bool by_client; /* the client's side closed first */
	uint8_t how; /* enum wst_end_how */
	uint64_t ts; /* when it began */
	uint64_t silence; /* before it, ns */
	/* since the client's last frame, or the 101; 0: not known, or the server said less since */
	uint64_t client_silence;
	uint32_t client_equal; /* connections that the same server ended after the same of those */
	uint64_t lived; /* since the 101, or the opening, ns */
	uint64_t sent; /* by the client, bytes of its stream */
	uint64_t rtt; /* round trip, ns */
	bool process_gone; /* the process at this end has ended since */
	bool process_lives; /* that process was asked for, and is there */
	uint32_t together; /* connections that the same process ended within half a second */
	uint32_t remain; /* older connections that this process has left open then */
	uint32_t equal; /* connections that the same program ended after the same silence */
	uint32_t restarts; /* connections to which it sent 1001 or 1012 within a second */
	uint32_t stay; /* connections that it has left then */
};

/* Bytes that wait in the socket, from one look at it to the next. */
struct waiting_facts {
	uint64_t unread_since, unsent_since, unread_for, unsent_for; /* ns */
	uint64_t received, sent; /* stream positions at the last look */
	uint32_t unread, unsent, window, retrans;
	/* since the peer's FIN, of a socket that this end has not closed; 0: not so */
	uint64_t unclosed_for;
	/* sent by this end, about, without retransmissions */
	uint64_t segments;
};

/*
 * Small writes that Nagle's algorithm held for a late acknowledgement, nearly one after the other.
 */
struct held_facts {
	uint32_t run;
	uint32_t holds; /* all writes that had waited, however shortly, at the end of the run */
	uint32_t rtt_us;
	uint64_t us; /* sum of the run's waits */
};

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

struct facts {
	struct conn *conn; /* the decoder's; after its end a copy of what verdicts show */
	bool open;
	bool other_end_judged; /* both ends are watched; the other end gets the verdicts */
	bool judged; /* verdicts on its end have been given */
	uint32_t number;
	/* next legs, to the server, to the client */
	struct facts *upstream, *downstream;
	const char *joined_by; /* to downstream: "key", "pid-time", "mask" */
	struct request_facts req;
	struct response_facts res;
	struct stream_facts s[WST_DIRS];
	struct end_facts end;
	struct waiting_facts wait;
	struct held_facts held;
	uint8_t dir; /* of the frame, opaque bytes or held write that is judged now */
	const struct breach *breach; /* rule that this frame breaks; NULL: none */
	uint64_t len; /* the frame's payload length */
	int64_t rtt_us; /* of the pong that is judged now */
	uint8_t rsv;
	bool frame_masked;
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
	struct facts *undecided_next;
	uint64_t decide_at;
	bool asked; /* unanswered.c: its request waits for an answer */
	struct facts *asked_before, *asked_after;
	struct legs_node legs;
};

/* Returns the direction whose Close frame came first; NULL: there was none. */
const struct stream_facts *first_close(const struct facts *f);

/* Returns whether the server of f has, or may have, sent anything since the request. */
bool server_heard(const struct facts *f);

/* Returns whether the client left at once after the 101, without a word, and unprovoked. */
bool left_at_once(const struct facts *f);

#endif
