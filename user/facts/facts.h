/* SPDX-License-Identifier: GPL-2.0-only */
/* What has been observed of a connection, for the rules of diagnosis to judge. */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "decode/conn.h"

/* Strings are NULL where there is nothing. Times are CLOCK_REALTIME, ns; 0: not yet. */
struct request_facts {
	bool seen, cut; /* cut: headers are missing */
	bool websocket; /* Upgrade: websocket */
	bool wanted; /* that, or a Sec-WebSocket-Key: somebody wants a WebSocket */
	bool connection; /* Connection names upgrade */
	bool key_good; /* 16 bytes in base64 */
	bool http10;
	uint32_t seq;
	uint64_t ts;
	char *target; /* for comparing; what is shown is: */
	char *shown_target, *upgrade, *connection_value, *key, *version, *host, *origin, *protocols,
		*extensions;
};

struct response_facts {
	bool seen, cut;
	bool websocket; /* a 101 that opens WebSocket */
	bool has_upgrade, has_connection, has_accept;
	uint16_t status;
	int accept_ok; /* -1: nothing to judge */
	uint64_t ts;
	char *reason, *accept, *protocol, *extensions, *location, *version;
};

enum message_state { MESSAGE_NONE, MESSAGE_OPEN, MESSAGE_UNKNOWN };

struct stream_facts {
	uint64_t frames, last_ts;
	uint64_t data_ts, data_len; /* of the last data frame */
	enum message_state message;
	bool closed; /* a Close frame has passed */
	uint16_t code;
	uint64_t close_ts, close_len;
	char *reason;
	uint64_t ping_ts; /* of the last ping */
	uint64_t ping_every; /* between the last two, ns */
	uint32_t pings;
	uint64_t asked_ts; /* of the first ping that has had no pong */
	uint64_t second; /* start of the second in which tiny frames are being counted */
	uint32_t tiny, busy_seconds;
};

struct end_facts {
	bool seen;
	bool by_client; /* the client's side closed first */
	uint8_t how; /* enum wst_end_how */
	uint64_t ts; /* when it began */
	uint64_t silence; /* before it, ns */
	uint64_t lived; /* since the 101, or the opening, ns */
	bool process_gone; /* the process at this end has ended since */
	uint32_t together; /* connections of the same process that ended within half a second */
	uint32_t equal; /* connections that the same program ended after the same silence */
	uint32_t restarts; /* connections that got 1001 or 1012 from it within a second */
	uint32_t stay; /* connections that it then still has */
};

/* Bytes that wait, from one look at the socket to the next. */
struct waiting_facts {
	uint64_t unread_since, unsent_since, unread_for, unsent_for; /* ns */
	uint64_t received, sent; /* stream positions at the last look */
	uint32_t unread, unsent, window, retrans;
	/* that this end has sent, about: those that were sent again not counted */
	uint64_t segments;
};

/* Small writes that waited for a late acknowledgement, as good as one after the other. */
struct held_facts {
	uint32_t run;
	uint32_t holds; /* how many had waited, however shortly, when the last of the run had */
	uint32_t rtt_us;
	uint64_t us; /* all of them together */
};

/* What legs.c keeps with a connection. */
struct legs_node {
	struct wst_hist *delay; /* the proxy's, by enum wst_dir; NULL: none */
	struct leg_ring *ring; /* places of its last frames; NULL: none */
	struct {
		uint32_t n, last; /* masked frames so far, and the last one's key */
		uint32_t downstream, nth; /* the connection that had it before, as its nth */
		uint32_t equal; /* so many in a row */
	} masks;
	struct facts *older, *newer; /* of those that may cause a connection upstream */
	uint64_t waits_since; /* 0: not among them */
	UT_hash_handle by_key;
};

struct facts {
	struct conn *conn; /* the decoder's, or once that is gone a copy of what matters */
	bool open;
	bool other_end_judged; /* both ends are watched; the other one gets the verdicts */
	bool judged; /* its end has been */
	uint32_t number;
	struct facts *upstream, *downstream; /* the same stream behind and in front of a proxy */
	const char *joined_by; /* to downstream: "key", "pid-time", "mask" */
	struct request_facts req;
	struct response_facts res;
	struct stream_facts s[WST_DIRS];
	struct end_facts end;
	struct waiting_facts wait;
	struct held_facts held;
	uint8_t dir; /* of the frame, the opaque or the held bytes looked at now */
	const struct breach *breach; /* by that frame; NULL: none */
	uint64_t len; /* its payload length */
	int64_t rtt_us; /* of the pong looked at now */
	uint8_t rsv;
	bool frame_masked;
	bool text_bad; /* it holds text that is not UTF-8 */
	const char *stray_extension; /* in the 101: granted but not offered */
	uint32_t opaque_why; /* enum wst_why, of the client's bytes */
	uint32_t answer_why; /* and of the server's first ones, where they are not HTTP */
	bool heard; /* the server has sent something, or may have: bytes or events were missed */
	bool earlier; /* a request before this one was answered */
	bool port_plain, port_tls; /* what servers of other connections spoke on this one's port */
	char *kept_elsewhere; /* a target whose Upgrade header the same proxy has passed on */
	/* a target that got a 101 here, but for its case or a slash at its end */
	const char *similar;
	uint64_t looked; /* when it was found still waiting; 0: never */
	/* number of the chain's last leg, when it was told that its answer is late; 0: it was not
	 */
	uint32_t told_late;
	uint32_t opens; /* WebSocket requests to the port in this second */
	uint32_t mass_closes; /* that it had in the half minute before */
	uint64_t delay_us, delays; /* the proxy's in front: median, and of how many messages */
	uint32_t causes; /* a bit for each enum cause that has had its verdict */

	/* The owners of facts keep them in lists. */
	struct facts *next, *prev; /* diagnose.c: all, oldest first */
	struct facts *ended_next; /* ends.c */
	bool undecided; /* undecided.c: its response is not judged yet */
	struct facts *undecided_next;
	bool asked; /* unanswered.c: its request waits for an answer */
	struct facts *asked_before, *asked_after;
	struct legs_node legs;
};

/* Whether the server of f has sent anything since the request, or may have. */
bool server_heard(const struct facts *f);

#endif
