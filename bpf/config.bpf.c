// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Variables that the user side sets and reads; config.bpf.h says what each means. */
#include "config.bpf.h"

const volatile __u64 ports[1024] = {};
const volatile __u32 snaplen = 0;
const volatile __u8 want_data_frames = 1;
const volatile __u8 want_hists = 0;
const volatile __u8 only_focus = 0;
const volatile __u8 have_spares = 0;
const volatile __u8 hidden_role = 0xff;
const volatile __u8 only_pids = 0;
const volatile char only_comm[WST_COMM_LEN] = {};
const volatile __u64 cgroup_wanted = 0;
const volatile __u32 cgroup_level = 0;
const volatile __u8 host_wanted[16] = {};
const volatile __u8 host_bits = 0;

__u64 focus = 0;
__u32 scan_pass = 0;
__u32 stats_waiting_only = 0;
__u32 no_wait = 0;

__u64 lost_events = 0;
__u64 refused_conns = 0;
__u64 iterated = 0;
__u64 last_opened = 0;
__u8 hists_full = 0;
