/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Variables that the user side sets and reads. Constants: options, written by the loader before it
 * loads the programs. The others may be read and written at any time.
 */
#ifndef CONFIG_BPF_H
#define CONFIG_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "shared.h"
#include "wstrace.h"

/* A bit for each port that -p names. Local port 0 passes anyway: see selected(). */
extern const volatile __u64 ports[1024] __hidden;
extern const volatile __u32 snaplen __hidden; /* payload bytes kept of each data frame */
extern const volatile __u8 want_data_frames __hidden; /* 0: only control frames are handed on */
extern const volatile __u8 want_hists __hidden;
extern const volatile __u8 only_focus __hidden; /* histograms of focus only are handed on */
extern const volatile __u8 have_spares __hidden; /* fentry's spare programs are attached */
extern const volatile __u8 hidden_role __hidden; /* enum wst_role; 0xff: both ends are shown */
extern const volatile __u8 only_pids __hidden; /* processes in the map pids only */
extern const volatile char only_comm[WST_COMM_LEN] __hidden; /* empty: any */
extern const volatile __u64 cgroup_wanted __hidden; /* its id; 0: any */
extern const volatile __u32 cgroup_level __hidden; /* how deep below the root it lies */
extern const volatile __u8 host_wanted[16] __hidden; /* wire; IPv4 as ::ffff:a.b.c.d */
extern const volatile __u8 host_bits __hidden; /* how many bits of host_wanted count; 0: any host */

/* Written by the user side. */
extern __u64 focus __hidden; /* connection whose data frames are always handed on; 0: none */
extern __u32 scan_pass __hidden; /* enum wst_scan: what reading open_sockets does */
extern __u32 stats_waiting_only __hidden; /* stats are about connections in which data waits */
extern __u32 no_wait __hidden; /* iterators go on where the ring buffer has no room */

/* Read by the user side. */
extern __u64 lost_events __hidden; /* found the ring buffer full */
extern __u64 refused_conns __hidden; /* not followed, since the table was full */
extern __u64 iterated __hidden; /* steps for which iterators had room */
extern __u64 last_opened __hidden; /* when a server's connection was last opened, ns */
extern __u8 hists_full __hidden; /* a connection had to do without histograms */

#endif
