/* SPDX-License-Identifier: GPL-2.0-only */
/* What has been observed of a connection's frames, of its end, and of its socket. */
#ifndef FACTS_STREAMS_H
#define FACTS_STREAMS_H

#include <stdbool.h>
#include <stdint.h>
#include "bpf/wstrace.h"
#include "facts/reason.h"

enum message_state { MESSAGE_NONE, MESSAGE_OPEN, MESSAGE_UNKNOWN };

struct stream_facts {
	uint64_t frames, last_ts;
	uint64_t data_ts, data_len; /* of the last data frame */
	uint64_t msg_len; /* of the current message, or the last one: all its frames */
	uint32_t msg_frames;
	bool msg_is_big; /* it is the largest so far */
	uint64_t big_len,
		big_before; /* of the largest message so far, and of the one before that */
	uint32_t big_frames;
	enum message_state message;
	bool closed; /* a Close frame has passed */
	bool compressed; /* the last data frame was */
	uint32_t compressed_frames; /* messages that were */
	uint16_t code;
	uint64_t close_ts, close_len;
	char *reason;
	bool reason_cut; /* it was not seen to its end */
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
	bool untouched; /* no byte was read or written */
	uint8_t how; /* enum wst_end_how */
	uint64_t ts; /* when it began */
	uint64_t silence; /* before it, ns */
	/* since the client's last frame, or the 101; 0: not known, or the server said less since */
	uint64_t client_silence;
	/* connections that the same server ended after the same of those, at how many moments */
	uint32_t client_equal, client_moments;
	uint64_t lived; /* since the 101, or the opening, ns */
	uint64_t sent; /* by the client, bytes of its stream */
	uint64_t messages[WST_DIRS]; /* data frames with FIN */
	uint64_t rtt; /* round trip, ns */
	bool blind[WST_DIRS]; /* the last bytes of that direction were not seen, or not decoded */
	bool process_gone; /* the process at this end has ended since */
	bool process_lives; /* that process was asked for, and is there */
	uint32_t together; /* connections that the same process ended at that moment */
	uint32_t remain; /* older connections that this process has left open then */
	bool counted; /* among those with which others are compared */
	uint32_t equal; /* connections that the same program ended after the same silence */
	uint32_t equal_moments; /* at which it did: what ends together has fallen silent together */
	/* connections that it ended at the same age, at how many moments, and of how many */
	uint32_t aged, aged_moments, ages;
	uint64_t quiet; /* longest silence before the last one, ns; 0: not known */
	uint32_t restarts; /* connections to which it sent 1001 or 1012 within a second */
	uint32_t stay; /* connections that it has left then */
};

/* The accept queue in which a connection waits, or for which there was no room, live only. */
struct queue_facts {
	bool unaccepted; /* no process has accepted this connection */
	uint32_t queued, max; /* connections in it; it is full with one more than max */
	uint32_t pid; /* of its listener; 0: not known, as the queue is */
	char comm[WST_COMM_LEN];
	uint32_t files, files_max; /* open in that process, and most it may have; 0: not known */
};

/* Bytes that wait in the socket, from one look at it to the next. */
struct waiting_facts {
	uint64_t unread_since, unsent_since, unread_for, unsent_for; /* ns */
	uint64_t received, sent; /* stream positions at the last look */
	uint32_t unread, unsent, window, retrans;
	/* since the peer's FIN, of a socket that this end has not closed; 0: not so */
	uint64_t unclosed_for;
	/* since both sides' Close frames, of a connection that neither has ended; 0: not so */
	uint64_t closed_for;
	/* sent by this end, about, without retransmissions */
	uint64_t segments;
	uint64_t rtt; /* round trip, ns; 0: not known */
	struct queue_facts queue;
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

#endif
