// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "bpf/shared.h"
#include "bpf/wstrace.h"
#include "kernel/backend.h"
#include "kernel/loader_state.h"
#include "kernel/refusal.h"

void loader__set_verbosity(int verbose)
{
	refusal__listen(verbose);
}

static int configure(struct wstrace_bpf *skel, const struct options *o)
{
	memcpy((void *)skel->rodata->ports, o->ports, sizeof(skel->rodata->ports));
	skel->rodata->snaplen = o->snaplen;
	skel->rodata->want_data_frames = !!(o->needs & NEEDS_DATA_FRAMES);
	skel->rodata->hidden_role = o->side == SIDE_SERVER ? WST_CLIENT :
				    o->side == SIDE_CLIENT ? WST_SERVER :
							     0xff;
	skel->rodata->only_pids = o->n_pids > 0;
	if (o->comm)
		memcpy((void *)skel->rodata->only_comm, o->comm, strlen(o->comm));
	bpf_map__set_max_entries(skel->maps.conns, o->max_conns);
	/* Two keys for each end that has not been used yet, so that the other one is found. */
	bpf_map__set_max_entries(skel->maps.pairs, o->side == SIDE_BOTH ? 1 : 2 * o->max_conns);
	bpf_map__set_max_entries(skel->maps.hists, o->needs & NEEDS_HISTS ? o->max_conns : 1);
	bpf_map__set_max_entries(skel->maps.recents, o->top ? o->max_conns : 1);
	skel->rodata->want_hists = !!(o->needs & NEEDS_HISTS);
	skel->rodata->only_focus = o->top;
	memcpy((void *)skel->rodata->host_wanted, o->host, sizeof(o->host));
	skel->rodata->host_bits = o->host_bits;
	skel->rodata->cgroup_wanted = o->cgroup_id;
	skel->rodata->cgroup_level = o->cgroup_level;
	return bpf_map__set_max_entries(skel->maps.events, o->ringbuf_mb << 20);
}

/* Returns 0, or -ENOENT where the backend has none for what this kernel's tcp_recvmsg() is like. */
static int choose_programs(struct wstrace_bpf *skel, const struct backend *backend,
			   const struct btf *btf)
{
	bool spares = backend->uses_spare && preempts_kernel(btf), receives = false;
	struct bpf_program *prog;

	skel->rodata->have_spares = spares;
	bpf_object__for_each_program(prog, skel->obj)
	{
		const char *name = bpf_program__name(prog);

		if (!strcmp(name, "arrival"))
			bpf_program__set_autoload(prog, skel->rodata->want_hists);
		else if (bpf_program__type(prog) == BPF_PROG_TYPE_TRACING &&
			 bpf_program__expected_attach_type(prog) == BPF_TRACE_ITER)
			bpf_program__set_autoattach(prog, false);
		else
			bpf_program__set_autoload(
				prog, !strncmp(name, "state", 5) || backend->uses(btf, name) ||
					      (spares && backend->uses_spare(btf, name)));
		receives |= backend->uses(btf, name) && strstr(name, "_recv");
	}
	if (receives)
		return 0;
	refusal__say("the kernel's types have no tcp_recvmsg() as it is known");
	return -ENOENT;
}

#define HISTS_AT_ONCE 8192 /* connections: 30 MB */

/* As many as a 64th of the host's memory holds. */
static uint32_t hists_at_once(void)
{
	struct sysinfo si;
	uint64_t n = sysinfo(&si) ?
			     0 :
			     (uint64_t)si.totalram * si.mem_unit / 64 / sizeof(struct wst_hists);

	return n < HISTS_AT_ONCE ? HISTS_AT_ONCE : n < UINT32_MAX ? n : UINT32_MAX;
}

static void limit(struct bpf_map *map, uint32_t most)
{
	bpf_map__set_map_flags(map, 0);
	if (bpf_map__max_entries(map) > most)
		bpf_map__set_max_entries(map, most);
}

/*
 * Before 6.1 (struct bpf_mem_alloc) a tracing program must not make the kernel allocate; there the
 * tables take their memory at once.
 */
static void choose_allocation(struct wstrace_bpf *skel, const struct btf *btf)
{
	if (btf__find_by_name_kind(btf, "bpf_mem_alloc", BTF_KIND_STRUCT) >= 0)
		return;
	bpf_map__set_map_flags(skel->maps.conns, 0);
	limit(skel->maps.hists, hists_at_once());
	limit(skel->maps.recents, hists_at_once());
}

#define READS_MAX 8 /* times that the ring is read for one walk of an iterator */

static int on_record(void *ctx, void *record, size_t size)
{
	struct loader *l = ctx;
	size_t taken = (size + BPF_RINGBUF_HDR_SZ + 7) & ~7UL;
	int err = l->fn(l->ctx, record, size);

	if (err)
		return err;
	l->records++;
	if (taken >= l->room)
		return -EAGAIN;
	l->room -= taken;
	return 0;
}

/*
 * Reads no more than the ring holds: all that was in it at first. Of what comes meanwhile there may
 * be no end.
 */
static int read_ring(struct loader *l)
{
	int err;

	l->records = 0;
	l->room = bpf_map__max_entries(l->skel->maps.events);
	err = ring_buffer__consume(l->ring);
	return err < 0 && err != -EAGAIN ? err : l->records;
}

/*
 * Runs an iterator through; l, where given, is read whenever that waits for room in its ring, and
 * fn gets the numbers that the iterator writes. Returns 0 or -errno, or what the ring's reader
 * returned. Where connections fill the ring as fast as it is read, the iterator goes on without
 * room: the caller has more to do than to wait for it.
 */
static int run_iterator(const struct bpf_link *link, struct loader *l, conn_fn fn, void *ctx)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err = 0;
	uint64_t numbers[512], before = 0;
	unsigned int waits = 0, reads = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		if (l) {
			l->skel->bss->no_wait = waits > 2 || reads >= READS_MAX;
			before = l->skel->bss->iterated;
		}
		n = read(fd, numbers, sizeof(numbers));
		if (n < 0 && errno == EAGAIN && l) {
			waits = l->skel->bss->iterated == before ? waits + 1 : 0;
			err = read_ring(l);
			reads++;
			continue;
		}
		err = n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
		for (ssize_t i = 0; fn && i < n / (ssize_t)sizeof(*numbers); i++)
			fn(ctx, numbers[i]);
	} while (n && err >= 0);
	close(fd);
	return err < 0 ? err : 0;
}

/* Finds the connections that are open already; loader__announce() tells of them. */
static int scan(struct loader *l)
{
	int err = 0;

	l->open_sockets = bpf_program__attach_iter(l->skel->progs.open_sockets, NULL);
	if (!l->open_sockets)
		return -errno;
	for (int pass = WST_SCAN_LISTENERS; pass <= WST_SCAN_CONNS && !err; pass++) {
		l->skel->bss->scan_pass = pass;
		err = run_iterator(l->open_sockets, NULL, NULL, NULL);
	}
	if (err)
		refusal__say("the open sockets cannot be gone through");
	return err;
}

static struct bpf_link *attach_to_conns(struct wstrace_bpf *skel, struct bpf_program *prog)
{
	union bpf_iter_link_info map = { .map.map_fd = bpf_map__fd(skel->maps.conns) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &map, .link_info_len = sizeof(map));

	return bpf_program__attach_iter(prog, &opts);
}

void loader_unload(struct loader *l)
{
	bpf_link__destroy(l->stats);
	bpf_link__destroy(l->census);
	bpf_link__destroy(l->open_sockets);
	wstrace_bpf__destroy(l->skel);
	l->stats = NULL;
	l->census = NULL;
	l->open_sockets = NULL;
	l->skel = NULL;
}

int loader_try(struct loader *l, const struct backend *backend, const struct options *o,
	       const struct btf *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = o->btf);
	const char *why;
	int err;

	refusal__reset();
	/* The ids in another file's BTF are not this kernel's. */
	err = o->btf ? 0 : backend->probe(btf, &why);
	refusal__say(err ? why : "");
	if (err)
		return err;
	l->skel = wstrace_bpf__open_opts(&opts);
	if (!l->skel)
		return -errno;
	err = configure(l->skel, o);
	if (err)
		goto cleanup;
	err = choose_programs(l->skel, backend, btf);
	if (err)
		goto cleanup;
	choose_allocation(l->skel, btf);
	err = wstrace_bpf__load(l->skel);
	if (err)
		goto cleanup;
	for (unsigned int i = 0; i < o->n_pids; i++) {
		uint8_t one = 1;

		bpf_map_update_elem(bpf_map__fd(l->skel->maps.pids), &o->pids[i], &one, BPF_ANY);
	}
	err = wstrace_bpf__attach(l->skel);
	if (err)
		goto cleanup;
	l->stats = attach_to_conns(l->skel, l->skel->progs.stats);
	if (l->stats)
		l->census = attach_to_conns(l->skel, l->skel->progs.census);
	err = l->stats && l->census ? scan(l) : -errno;
	if (err)
		goto cleanup;
	l->backend = backend;
	return 0;
cleanup:
	loader_unload(l);
	return err;
}

/* Of the kernel itself: /proc may be missing, and a descriptor to read it. */
static bool have_capability(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	return !syscall(SYS_capget, &head, data) &&
	       data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

/* Names the capabilities that are missing. Returns 0 where all are there. */
static int check_permission(void)
{
	bool bpf = have_capability(CAP_BPF), perfmon = have_capability(CAP_PERFMON);

	if (have_capability(CAP_SYS_ADMIN) || (bpf && perfmon))
		return 0;
	fprintf(stderr,
		"wstrace: cannot load BPF programs: not permitted, %s%s%s missing; "
		"run it with sudo\n",
		bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ", perfmon ? "" : "CAP_PERFMON");
	return -EPERM;
}

static struct btf *kernel_btf(const struct options *o)
{
	struct btf *btf = o->btf ? btf__parse(o->btf, NULL) : btf__load_vmlinux_btf();

	if (btf)
		return btf;
	if (o->btf)
		fprintf(stderr, "wstrace: cannot read types from %s: %s\n", o->btf,
			access(o->btf, R_OK) ? strerror(errno) : "there is no BTF in it");
	else
		fprintf(stderr,
			"wstrace: cannot read this kernel's types: %s; it was built without "
			"CONFIG_DEBUG_INFO_BTF: give a file with its BTF with --btf\n",
			strerror(errno));
	return NULL;
}

/* Before 5.11 (memory cgroups for BPF) maps count against this limit. */
static void raise_memlock(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

int loader_prepare(const struct options *o, struct btf **btf)
{
	if (check_permission())
		return 3;
	raise_memlock();
	*btf = kernel_btf(o);
	return *btf ? 0 : 4;
}

/* Tells of a --backend that there is none of, and which there are. */
static int say_no_backend(const char *name)
{
	fprintf(stderr, "wstrace: --backend: '%s' is none of auto", name);
	for (size_t i = 0; i < n_backends; i++)
		fprintf(stderr, ", %s", backends[i].name);
	fputc('\n', stderr);
	return 2;
}

static int say_refused(const struct refusal *refusals, const char *btf)
{
	fprintf(stderr, "wstrace: cannot trace: this kernel refused every backend:\n");
	for (size_t i = 0; i < n_backends; i++)
		if (refusals[i].err)
			refusal__print(&refusals[i], backends[i].name);
	refusal__print_remedies(refusals, n_backends, btf);
	fprintf(stderr, "wstrace --check says more\n");
	return 4;
}

static int open_ring(struct loader *l)
{
	l->ring = ring_buffer__new(bpf_map__fd(l->skel->maps.events), on_record, l, NULL);
	if (l->ring)
		return 0;
	fprintf(stderr,
		"wstrace: cannot map the event buffer: %s; a smaller --ringbuf takes less memory\n",
		strerror(errno));
	return 1;
}

/* Returns the exit status; 0: all is loaded and attached. */
static int start(struct loader *l, const struct options *o)
{
	const struct backend *only = o->backend ? backend__find(o->backend) : NULL;
	struct refusal refusals[BACKENDS_MAX] = {};
	int status, err = -ENOENT;
	struct btf *btf;

	if (o->backend && !only)
		return say_no_backend(o->backend);
	status = loader_prepare(o, &btf);
	if (status)
		return status;
	for (size_t i = 0; i < n_backends && err; i++) {
		if (only && only != &backends[i])
			continue;
		err = loader_try(l, &backends[i], o, btf);
		refusal__take(&refusals[i], err);
	}
	btf__free(btf);
	return err ? say_refused(refusals, o->btf) : open_ring(l);
}

struct loader *loader__new(const struct options *o, int *status)
{
	struct loader *l = calloc(1, sizeof(*l));

	if (!l) {
		*status = 1;
		return NULL;
	}
	*status = start(l, o);
	if (*status) {
		loader__free(l);
		return NULL;
	}
	return l;
}

void loader__free(struct loader *l)
{
	if (!l)
		return;
	ring_buffer__free(l->ring);
	loader_unload(l);
	free(l);
}

const char *loader__backend(const struct loader *l)
{
	return l->backend->name;
}

int loader__read(struct loader *l, record_fn fn, void *ctx)
{
	l->fn = fn;
	l->ctx = ctx;
	return read_ring(l);
}

int loader__announce(struct loader *l, record_fn fn, void *ctx)
{
	l->fn = fn;
	l->ctx = ctx;
	l->skel->bss->scan_pass = WST_SCAN_ANNOUNCE;
	return run_iterator(l->open_sockets, l, NULL, NULL);
}

int loader__census(struct loader *l, conn_fn fn, void *ctx)
{
	return run_iterator(l->census, NULL, fn, ctx);
}

int loader__ask_stats(struct loader *l, bool waiting_only, record_fn fn, void *ctx)
{
	l->fn = fn;
	l->ctx = ctx;
	l->skel->bss->stats_waiting_only = waiting_only;
	return run_iterator(l->stats, l, NULL, NULL);
}

void loader__set_focus(struct loader *l, uint64_t conn)
{
	__atomic_store_n(&l->skel->bss->focus, conn, __ATOMIC_RELAXED);
}

uint64_t loader__refused(const struct loader *l)
{
	return __atomic_load_n(&l->skel->bss->refused_conns, __ATOMIC_RELAXED);
}

uint64_t loader__last_opened(const struct loader *l)
{
	return __atomic_load_n(&l->skel->bss->last_opened, __ATOMIC_RELAXED);
}

bool loader__hists_full(const struct loader *l)
{
	return __atomic_load_n(&l->skel->bss->hists_full, __ATOMIC_RELAXED);
}

uint32_t loader__max_hists(const struct loader *l)
{
	return bpf_map__max_entries(l->skel->maps.hists);
}

uint64_t loader__lost(const struct loader *l)
{
	return __atomic_load_n(&l->skel->bss->lost_events, __ATOMIC_RELAXED);
}

void loader__totals(struct loader *l, struct run_totals *t)
{
	int cpus = libbpf_num_possible_cpus(), fd = bpf_map__fd(l->skel->maps.calls);
	size_t size = (bpf_map__value_size(l->skel->maps.calls) + 7) & ~7UL;
	char *values = cpus > 0 ? calloc(cpus, size) : NULL;

	t->refused = l->skel->bss->refused_conns;
	t->lost = loader__lost(l);
	for (uint32_t io = 0; values && io < bpf_map__max_entries(l->skel->maps.calls); io++) {
		if (bpf_map_lookup_elem(fd, &io, values))
			continue;
		for (int i = 0; i < cpus; i++) {
			const struct wst_totals *sum = (void *)(values + i * size);

			t->frames += sum->frames;
			t->bytes += sum->bytes;
		}
	}
	free(values);
}
