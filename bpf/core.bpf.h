/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What hooks may call. A hook finds out that n bytes went through a socket, where they lie and
 * what TCP's position is; all the rest happens in core.bpf.c.
 */
#ifndef CORE_BPF_H
#define CORE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "bytes.bpf.h"
#include "wstrace.h"
#include "http_head.h"

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6

/* Chosen so that a server receives WST_C2S: direction = io ^ role. */
enum io { IO_RECV, IO_SEND };

/*
 * A send or receive call that is over, and the walk through its bytes. Each CPU has one for each
 * program that walks.
 */
struct call {
	struct wst_totals totals;
	struct bytes b;
	u64 sk; /* an address, not dereferenced but through helpers */
	/*
	 * CLOCK_MONOTONIC, ns: when TCP last sent or received there. It has read the clock for
	 * itself, and reading it again would be the dearest step of a call.
	 */
	u64 ts;
	u32 n; /* bytes that the call moved */
	u32 end_seq; /* TCP's sequence number behind the last of them */
	u32 seq; /* of the next byte */
	u32 pid; /* the process that made it; the hook knows */
	u8 at; /* this one's place in the map calls */
	u8 io;
	u8 dir; /* enum wst_dir */
	u8 skip; /* where frames start is not known: not before the next call */
	u8 fresh; /* nothing of this call has been looked at */
	u8 event; /* enum http_event */
	u32 out_n; /* bytes in out.data */
	u8 hdr[32]; /* a frame header's bytes, read from the process */
	u64 now; /* CLOCK_MONOTONIC, ns, once somebody wanted to know; 0: nobody has */
	/* with histograms: when what is read came, ns, until that is counted; else 0 */
	u64 arrival;
	u64 task; /* whose call the first program has just had; for its spare */
	struct http_scan http; /* while the core scans a head: a copy of the stream's */
	struct {
		struct wst_bytes h;
		u8 data[WST_CHUNK];
	} out;
};

/* A bit for each port that -p names; port 0 never, so that other families' sockets miss. */
extern const volatile __u64 ports[1024] __hidden;

static __always_inline bool port_selected(u16 port)
{
	return ports[port >> 6] >> (port & 63) & 1;
}

struct conn;

/* The call's bytes, which k->b describes, belong to c. */
int on_bytes(struct conn *c, struct call *k) __hidden;

/* As on_bytes(), for bytes that cannot be read: a gap that ends at k->end_seq, noted at once. */
static __always_inline int on_unseen(struct conn *c, struct call *k)
{
	bytes_one(&k->b, 0, 0);
	return on_bytes(c, k);
}

/* sk goes from one TCP state into another. */
int on_state(struct sock *sk, int oldstate, int newstate) __hidden;

/* A send is over, and TCP has not sent all bytes yet; at: the walk's place in the map calls. */
int on_unsent(u32 at);

/* The last process has closed sk, after TCP_CLOSE. */
int on_destroy(struct sock *sk) __hidden;

#endif
