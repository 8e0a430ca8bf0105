/* SPDX-License-Identifier: GPL-2.0-only */
/* What the reason in a Close frame says: a person wrote it, so that it tells more than the code. */
#ifndef FACTS_REASON_H
#define FACTS_REASON_H

enum close_meaning {
	MEANS_NOTHING, /* no reason, or none that is known */
	MEANS_KEEPALIVE, /* a ping, or a heartbeat of the application's, was not answered */
	MEANS_IDLE, /* nothing came for too long */
	MEANS_STOP, /* the program stops, restarts or is updated */
	MEANS_SIZE, /* a message was larger than allowed */
	MEANS_FRAMING, /* a frame breaks RFC 6455 */
	MEANS_COMPRESSION, /* a compressed message cannot be read */
};

/* Returns the meaning of a Close frame's reason; NULL: it has none. */
enum close_meaning reason_meaning(const char *reason);

#endif
