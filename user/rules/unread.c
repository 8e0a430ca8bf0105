// SPDX-License-Identifier: GPL-2.0-only
/* Rules about servers that do not take connections, or do not read what comes on them. */
#include "facts/chain.h"
#include "lib/units.h"
#include "rules/rules.h"

/* A server that is well takes a connection at once; a busy one is given some time. */
#define UNREAD (4 * NS_PER_SEC)

static bool out_of_files(const struct queue_facts *q)
{
	return q->unaccepted && q->files_max && q->files >= q->files_max;
}

/* The kernel lets one more in than the backlog says. */
static bool is_full(const struct queue_facts *q)
{
	return q->queued > q->max;
}

/* Returns whether bytes wait at a server's end, no proxy's upstream, that no request explains. */
static bool unread(const struct facts *f)
{
	return f->conn->role == WST_SERVER && !f->downstream && !f->conn->midstream &&
	       !f->opaque_why && !f->res.websocket && f->wait.unread &&
	       (!f->req.seen || (f->res.seen && !f->outstanding));
}

static bool unread_long(const struct facts *f)
{
	return unread(f) && f->wait.unread_for >= UNREAD;
}

static bool files_unread(const struct facts *f)
{
	return unread_long(f) && out_of_files(&f->wait.queue);
}

static bool full_unread(const struct facts *f)
{
	return unread_long(f) && f->wait.queue.unaccepted && is_full(&f->wait.queue);
}

static bool never_accepted(const struct facts *f)
{
	return unread_long(f) && f->wait.queue.unaccepted;
}

/* Returns whether an upstream, the last one, is what a proxy's request waits for. */
static bool waits_behind(const struct facts *f)
{
	const struct facts *last = chain_last(f);

	return f->req.wanted && last != f && !last->req.seen && last->wait.unread &&
	       last->conn->role == WST_SERVER && !server_heard(f) && !server_heard(last);
}

static bool files_behind(const struct facts *f)
{
	return waits_behind(f) && out_of_files(&chain_last(f)->wait.queue);
}

static bool full_behind(const struct facts *f)
{
	return waits_behind(f) && chain_last(f)->wait.queue.unaccepted &&
	       is_full(&chain_last(f)->wait.queue);
}

/* Returns whether a connect came to nothing since there was no room for it. */
static bool full_unconnected(const struct facts *f)
{
	return f->end.how == WST_TIMEOUT && !f->downstream && !f->req.seen &&
	       f->conn->role == WST_CLIENT && f->wait.queue.pid && is_full(&f->wait.queue);
}

static bool gave_up(const struct facts *f)
{
	return unread(f) && f->end.by_client && f->end.untouched && f->end.lived > NS_PER_SEC;
}

/* Returns whether the server hung up at once, before it read or wrote anything. */
static bool hung_up(const struct facts *f)
{
	return f->end.untouched && !f->end.by_client && !f->conn->midstream && !f->downstream &&
	       !f->opaque_why && !f->req.seen && f->end.lived < NS_PER_SEC && end_by_side(f);
}

static bool hung_up_unread(const struct facts *f)
{
	return hung_up(f) && f->conn->role == WST_SERVER && f->wait.unread;
}

#define NOT_READ \
	"see whether its process is stopped or busy, and its listening socket's Recv-Q (ss -ltn)"
#define MORE_FILES                                                                               \
	"let it have more (systemd: LimitNOFILE=; ulimit -n; nginx: worker_rlimit_nofile), and " \
	"see whether it closes those it is done with (ls -l /proc/{listen_pid}/fd)"
#define QUEUE                                                                                \
	"see why its process accepts none (stopped, busy, at a limit of its own); a longer " \
	"backlog, which net.core.somaxconn bounds, only helps where connections come in bursts"
#define LIMITED                                                                             \
	"see its log: it may be at a limit of its connections (nginx: worker_connections; " \
	"ulimit -n), let only some addresses in, or not reach what it passes them on to"

const struct rule rules_unread[] = {
	{ "accept-queue", SEV_ERROR, CAUSE_HANDSHAKE, AT_LOOK, files_unread,
	  "{server} has not accepted the connection of {client_addr} for {unread_for} s: it has "
	  "all {files_max} files open that it may have (EMFILE)",
	  MORE_FILES, "files files_max queued queue_max unread unread_for" },
	{ "accept-queue", SEV_ERROR, CAUSE_HANDSHAKE, AT_LOOK, full_unread,
	  "{server} accepts no connections, and its accept queue is full: {queued} wait, with a "
	  "backlog of {queue_max}, that of {client_addr} for {unread_for} s",
	  QUEUE, "queued queue_max unread unread_for" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_LOOK, never_accepted,
	  "{server} has not accepted the connection of {client_addr}, whose {unread} bytes have "
	  "waited for {unread_for} s: its process is stopped, or stuck",
	  NOT_READ, "unread unread_for queued queue_max" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_LOOK, unread_long,
	  "{server} has accepted the connection of {client_addr}, but not read the {unread} bytes "
	  "that have waited there for {unread_for} s: its process is stopped, or stuck",
	  "see whether its process is stopped or busy (ps, py-spy, node --inspect)",
	  "unread unread_for" },
	{ "accept-queue", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, files_behind,
	  "{silent} has not accepted the connection for {target} for {waiting} s: it has all "
	  "{files_max} files open that it may have (EMFILE)",
	  MORE_FILES, "target waiting files files_max queued queue_max upstream" },
	{ "accept-queue", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, full_behind,
	  "{silent} accepts no connections, and its accept queue is full: {queued} wait, with a "
	  "backlog of {queue_max}, that for {target} for {waiting} s",
	  QUEUE, "target waiting queued queue_max upstream" },
	{ "accept-queue", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, full_unconnected,
	  "{client} could not connect to {server_addr}: the accept queue there is full, {queued} "
	  "wait, with a backlog of {queue_max}",
	  QUEUE, "queued queue_max lived_ms server_addr", .hop = "server" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, gave_up,
	  "{server} never read the {unread} bytes of {client_addr}, who gave up after "
	  "{lived_ms} ms",
	  NOT_READ, "unread lived_ms" },
	{ "closed-at-once", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, hung_up_unread,
	  "{server} closed the connection of {client_addr} after {lived_ms} ms without reading the "
	  "{unread} bytes that had come: probably a limit of its connections is reached",
	  LIMITED, "unread lived_ms how", .certainty = LIKELY },
	{ "closed-at-once", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, hung_up,
	  "{server} closed the connection of {client_addr} after {lived_ms} ms, before anything "
	  "was read or sent: probably a limit of its connections is reached",
	  LIMITED, "lived_ms how", .certainty = LIKELY },
	{ 0 },
};
