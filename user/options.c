// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "bpf/wstrace.h"
#include "lib/addr.h"
#include "options.h"

static const char doc[] =
	"Shows what this host's WebSockets are doing: handshakes, frame headers, closes.\v"
	"Examples:\n"
	"  wstrace -p 9588                the port that a WebSocket server listens on\n"
	"  wstrace -p 12345,9588          both legs of a proxy: its own port and the backend's\n"
	"  wstrace -q -p 8000-8100        handshakes and closes only\n"
	"  wstrace -p any --comm nginx    everything that nginx speaks\n"
	"  wstrace --top -p 9588          which connection is the sick one\n"
	"  wstrace --only verdict -p any  a quiet watchdog: only what is wrong\n"
	"  wstrace -j -p 9588 | jq .      one JSON object a line\n"
	"  wstrace -r a.pcap b.pcapng     the same from captures, as tcpdump makes them\n"
	"  wstrace -p 9588 -w f.pcapng    for Wireshark; -s full with the payload\n"
	"  wstrace -p 9588 -w - | tshark -r -\n"
	"  wstrace -q -p 80,9588 --report ticket.html\n"
	"  wstrace --check                what this kernel allows\n\n"
	"-> is from the WebSocket client to the server, <- from the server to the client.\n"
	"Exit status: 0 done, 1 failed while running, 2 wrong usage, 3 not permitted, "
	"4 this kernel cannot run any backend.";

/* A number of [min, max] that fills [p, end), a part of arg; the error names the token. */
static uint64_t number(struct argp_state *state, const char *what, const char *arg, const char *p,
		       const char *end, uint64_t min, uint64_t max)
{
	uint64_t v = 0;

	if (p == end)
		argp_error(state, "%s: a number is missing in '%s'", what, arg);
	for (const char *c = p; c < end; c++) {
		if (*c < '0' || *c > '9')
			argp_error(state, "%s: '%.*s' is not a number", what, (int)(end - p), p);
		v = v * 10 + (*c - '0');
		if (v > max)
			break;
	}
	if (v < min || v > max)
		argp_error(state, "%s: %.*s is not in %llu..%llu", what, (int)(end - p), p,
			   (unsigned long long)min, (unsigned long long)max);
	return v;
}

static uint64_t whole_number(struct argp_state *state, const char *what, const char *arg,
			     uint64_t min, uint64_t max)
{
	return number(state, what, arg, arg, arg + strlen(arg), min, max);
}

static void set_ports(struct options *o, struct argp_state *state, const char *list)
{
	const char *p = list, *end, *dash;

	o->port_list = list;
	o->have_ports = true;
	for (;; p = end + 1) {
		uint64_t first, last;

		end = p + strcspn(p, ",");
		if (end - p == 3 && !memcmp(p, "any", 3)) {
			first = 1;
			last = 65535;
		} else {
			dash = memchr(p, '-', end - p);
			first = number(state, "--port", list, p, dash ? dash : end, 1, 65535);
			last = dash ? number(state, "--port", list, dash + 1, end, 1, 65535) :
				      first;
			if (last < first)
				argp_error(state, "--port: the range '%.*s' runs backwards",
					   (int)(end - p), p);
		}
		for (uint64_t port = first; port <= last; port++)
			o->ports[port / 64] |= 1ULL << (port % 64);
		if (!*end)
			return;
	}
}

static void set_pids(struct options *o, struct argp_state *state, const char *list)
{
	const char *p = list, *end;

	for (;; p = end + 1) {
		end = p + strcspn(p, ",");
		if (o->n_pids == PIDS_MAX)
			argp_error(state, "--pid: more than %d processes", PIDS_MAX);
		o->pids[o->n_pids++] = number(state, "--pid", list, p, end, 1, 4194304);
		if (!*end)
			return;
	}
}

static bool is_cgroup(const char *path, char real[PATH_MAX])
{
	struct statfs fs;

	return realpath(path, real) && !statfs(real, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Where version 2 is mounted: alone, or as systemd has it beside version 1. */
static const char *cgroup_root(void)
{
	char real[PATH_MAX];

	return is_cgroup("/sys/fs/cgroup", real) ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
}

/* A cgroup's id is the inode number of its directory. */
static void set_cgroup(struct options *o, struct argp_state *state, const char *path)
{
	const char *root = cgroup_root();
	char below[PATH_MAX], real[PATH_MAX];
	struct stat st;

	/* A path of the file system, or as -v, NDJSON and /proc/PID/cgroup show it. */
	snprintf(below, sizeof(below), "%s%s%s", root, *path == '/' ? "" : "/", path);
	if (!(*path == '/' && is_cgroup(path, real)) && !is_cgroup(below, real))
		argp_error(state, "--cgroup: '%s' is not a cgroup v2 directory, nor is '%s'", path,
			   below);
	if (stat(real, &st))
		argp_error(state, "--cgroup: '%s': %s", real, strerror(errno));
	o->cgroup_id = st.st_ino;
	o->cgroup_level = 0;
	if (!strncmp(real, root, strlen(root)))
		for (const char *p = real + strlen(root); *p; p++)
			o->cgroup_level += *p == '/';
}

static void set_host(struct options *o, struct argp_state *state, const char *arg)
{
	const char *slash = strchr(arg, '/');
	char addr[INET6_ADDRSTRLEN];
	uint8_t v4_addr[4];
	size_t n = slash ? (size_t)(slash - arg) : strlen(arg);
	bool v4;

	snprintf(addr, sizeof(addr), "%.*s", (int)(n < sizeof(addr) ? n : sizeof(addr) - 1), arg);
	v4 = inet_pton(AF_INET, addr, v4_addr) == 1;
	if (v4)
		addr_map(o->host, true, v4_addr);
	else if (inet_pton(AF_INET6, addr, o->host) != 1)
		argp_error(state, "--host: '%s' is not an IP address", addr);
	o->host_bits = v4 ? 32 : 128;
	if (slash)
		o->host_bits = whole_number(state, "--host", slash + 1, 1, o->host_bits);
	if (v4)
		o->host_bits += 8 * ADDR_MAPPED;
}

static void set_kinds(struct options *o, struct argp_state *state, const char *list)
{
	static const struct {
		const char *name;
		uint32_t kind;
	} kinds[] = {
		{ "open", KIND_OPEN },
		{ "handshake", KIND_HANDSHAKE },
		{ "frame", KIND_FRAME | KIND_CONTROL },
		{ "control", KIND_CONTROL },
		{ "close", KIND_CLOSE },
		{ "stats", KIND_STATS },
		{ "verdict", KIND_VERDICT },
	};
	const char *p = list, *end;

	for (o->kinds = 0;; p = end + 1) {
		uint32_t kind = 0;

		end = p + strcspn(p, ",");
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (strlen(kinds[i].name) == (size_t)(end - p) &&
			    !memcmp(p, kinds[i].name, end - p))
				kind = kinds[i].kind;
		if (!kind)
			argp_error(state,
				   "--only: '%.*s' is none of open, handshake, frame, "
				   "control, verdict, close, stats",
				   (int)(end - p), p);
		o->kinds |= kind;
		if (!*end)
			return;
	}
}

static void set_file(struct options *o, struct argp_state *state, const char *name)
{
	if (!*name)
		argp_error(state, "--read: a file name is missing in ''");
	if (o->n_files == FILES_MAX)
		argp_error(state, "--read: more than %d files", FILES_MAX);
	o->files[o->n_files++] = name;
}

static void set_comm(struct options *o, struct argp_state *state, const char *arg)
{
	if (!*arg || strlen(arg) >= WST_COMM_LEN)
		argp_error(state,
			   "--comm: '%s' is not 1 to %d bytes long, as the kernel keeps process "
			   "names",
			   arg, WST_COMM_LEN - 1);
	o->comm = arg;
}

static void set_side(struct options *o, struct argp_state *state, const char *arg)
{
	o->have_side = true;
	if (!strcmp(arg, "server"))
		o->side = SIDE_SERVER;
	else if (!strcmp(arg, "client"))
		o->side = SIDE_CLIENT;
	else if (!strcmp(arg, "both"))
		o->side = SIDE_BOTH;
	else
		argp_error(state, "--side: '%s' is none of server, client, both", arg);
}

static void set_snaplen(struct options *o, struct argp_state *state, const char *arg)
{
	o->snaplen = !strcmp(arg, "full") ?
			     SNAPLEN_FULL :
			     whole_number(state, "--snaplen", arg, 0, SNAPLEN_FULL - 1);
}

static void set_quiet(struct options *o, struct argp_state *state, const char *arg)
{
	(void)state;
	(void)arg;
	o->kinds = KIND_QUIET;
}

static void set_verbose(struct options *o, struct argp_state *state, const char *arg)
{
	(void)state;
	(void)arg;
	o->verbose++;
}

static void set_write(struct options *o, struct argp_state *state, const char *arg)
{
	if (!*arg)
		argp_error(state, "--write: a file name is missing in ''");
	o->write = arg;
}

static void set_file_mb(struct options *o, struct argp_state *state, const char *arg)
{
	o->file_mb = whole_number(state, "-C", arg, 1, 1000000000);
}

static void set_file_seconds(struct options *o, struct argp_state *state, const char *arg)
{
	o->file_seconds = whole_number(state, "-G", arg, 1, 1000000000);
}

static void set_keep_files(struct options *o, struct argp_state *state, const char *arg)
{
	o->keep_files = whole_number(state, "-W", arg, 1, 1000000000);
}

static void set_report(struct options *o, struct argp_state *state, const char *arg)
{
	if (!*arg || !strcmp(arg, "-"))
		argp_error(state, "--report: '%s' is not a file's name", arg);
	o->report = arg;
}

static void set_interval(struct options *o, struct argp_state *state, const char *arg)
{
	o->interval = whole_number(state, "--interval", arg, 1, 1000000);
}

static void set_duration(struct options *o, struct argp_state *state, const char *arg)
{
	o->duration = whole_number(state, "--duration", arg, 1, 1000000000);
}

static void set_count(struct options *o, struct argp_state *state, const char *arg)
{
	o->count = whole_number(state, "--count", arg, 1, UINT64_MAX / 16);
}

static void set_backend(struct options *o, struct argp_state *state, const char *arg)
{
	(void)state;
	o->backend = strcmp(arg, "auto") ? arg : NULL;
}

static void set_ringbuf(struct options *o, struct argp_state *state, const char *arg)
{
	o->ringbuf_mb = whole_number(state, "--ringbuf", arg, 1, 1024);
	if (o->ringbuf_mb & (o->ringbuf_mb - 1))
		argp_error(state, "--ringbuf: %s is not a power of two", arg);
}

static void set_max_conns(struct options *o, struct argp_state *state, const char *arg)
{
	o->max_conns = whole_number(state, "--max-conns", arg, 1, 16777216);
}

/* It may come yet; but more often it is a slip of the finger, and nothing would ever be shown. */
static void check_pids(const struct options *o)
{
	for (unsigned int i = 0; i < o->n_pids; i++)
		if (kill(o->pids[i], 0) && errno == ESRCH)
			fprintf(stderr, "wstrace: --pid: there is no process %u now\n", o->pids[i]);
}

static void check_usage(struct options *o, struct argp_state *state)
{
	if (o->n_files && o->live_only)
		argp_error(state,
			   "--%s is for tracing: it does not go with -r; leave one of them out",
			   o->live_only);
	if (!o->have_ports && !o->check && !o->version && !o->explain && !o->n_files)
		argp_error(state, "no port: say which with -p, -p any for all");
	if (!o->check && !o->version)
		check_pids(o);
	/* Who asks for a process wants what it speaks, whichever end it is. */
	if (!o->have_side && (o->n_pids || o->comm || o->cgroup_id))
		o->side = SIDE_BOTH;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (stat(a, &x) || stat(b, &y))
		return !strcmp(a, b) && strcmp(a, "-");
	return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void check_same(const char *option, const char *name, const struct options *o,
		       struct argp_state *state)
{
	for (unsigned int i = 0; name && i < o->n_files; i++)
		if (same_file(name, o->files[i]))
			argp_error(state, "%s: '%s' is what -r reads; name another file", option,
				   name);
}

static void check_write(const struct options *o, struct argp_state *state)
{
	bool rotates = o->file_mb || o->file_seconds;

	check_same("--write", o->write, o, state);
	check_same("--report", o->report, o, state);
	if (o->write && o->report && same_file(o->write, o->report))
		argp_error(state, "--report: '%s' is what -w writes; name another file", o->report);

	if (!o->write && (rotates || o->keep_files))
		argp_error(state, "%s needs a file to write: -w",
			   o->file_mb	   ? "-C" :
			   o->file_seconds ? "-G" :
					     "-W");
	if (o->keep_files && !rotates)
		argp_error(state, "-W needs -C or -G: when does the next file begin?");
	if (!o->write || strcmp(o->write, "-"))
		return;
	if (rotates)
		argp_error(state, "-w -: standard output cannot be more than one file: no -C, -G");
	if (isatty(STDOUT_FILENO))
		argp_error(state,
			   "-w -: standard output is a terminal; name a file, or use a pipe");
}

/* The table has a screen to itself, all connections in it, and frames of one at a time. */
static void check_top(struct options *o, struct argp_state *state)
{
	const char *other = o->json		   ? "-j" :
			    o->kinds == KIND_QUIET ? "-q" :
			    o->kinds != KIND_ALL   ? "--only" :
			    o->count		   ? "-n" :
						     NULL;

	if (o->report)
		argp_error(
			state,
			"--top: --report needs every frame and histogram, and --top leaves them in "
			"the kernel; leave one of them out");
	if (other)
		argp_error(state,
			   "--top: %s says what is printed, and --top prints nothing: it is a "
			   "live table; leave one of them out",
			   other);
	o->histograms = true;
	o->interval = o->interval ? o->interval : 1;
}

/* An option: a setter, or the place in struct options of its bool or its string. */
struct row {
	unsigned char group;
	char letter; /* 0: it has only a name */
	bool live; /* -r cannot have it: files know no processes, no kernel and no now */
	const char *name; /* NULL: it has only a letter */
	const char *arg; /* NULL: it has none */
	const char *help;
	void (*set)(struct options *o, struct argp_state *state, const char *arg);
	size_t place;
};

enum { ABOUT, SELECT, CAPTURE, OUTPUT, STOP, KERNEL }; /* groups of --help */

#define PLACE(field) NULL, offsetof(struct options, field)
#define LIVE true

static const struct row rows[] = {
	{ SELECT, 'p', 0, "port", "LIST",
	  "Flows whose local or remote port is in LIST: 9588, 80,9501, 8000-8100, any", set_ports },
	{ SELECT, 0, LIVE, "pid", "LIST", "Only sockets used by these processes", set_pids },
	{ SELECT, 0, LIVE, "comm", "NAME", "Only sockets used by processes of this name",
	  set_comm },
	{ SELECT, 0, LIVE, "cgroup", "PATH",
	  "Only processes under this cgroup v2 directory: a container, a systemd unit",
	  set_cgroup },
	{ SELECT, 0, 0, "host", "ADDR[/LEN]", "Only flows whose peer or local address matches",
	  set_host },
	{ SELECT, 0, 0, "path", "GLOB", "Only connections whose request target matches",
	  PLACE(path) },
	{ SELECT, 0, 0, "side", "server|client|both",
	  "Which socket to show of a connection with both ends on this host (server; with --pid, "
	  "--comm, --cgroup both)",
	  set_side },
	{ CAPTURE, 'r', 0, "read", "FILE",
	  "Read captures, pcap or pcapng, instead of tracing: all FILEs that are named, merged by "
	  "time; - is standard input. No port is needed, -p then selects",
	  set_file },
	{ CAPTURE, 's', 0, "snaplen", "N",
	  "Payload bytes to keep of each frame: a number or full (0)", set_snaplen },
	{ CAPTURE, 0, 0, "show-secrets", NULL,
	  "Show Cookie, Set-Cookie, Authorization, Proxy-Authorization and query values",
	  PLACE(show_secrets) },
	{ OUTPUT, 'q', 0, "quiet", NULL, "Only handshakes, closes and verdicts", set_quiet },
	{ OUTPUT, 'v', 0, "verbose", NULL, "More detail; twice: libbpf's own messages, too",
	  set_verbose },
	{ OUTPUT, 0, 0, "only", "LIST",
	  "Only these: open,handshake,frame,control,verdict,close,stats", set_kinds },
	{ OUTPUT, 'j', 0, "json", NULL, "NDJSON: one object a line", PLACE(json) },
	{ OUTPUT, 'w', 0, "write", "FILE",
	  "Write a pcapng file, for Wireshark; - is standard output, where no text goes then. It "
	  "has all frames, whatever -q and --only say",
	  set_write },
	{ OUTPUT, 'C', 0, NULL, "MB", "A new file after so many million bytes: FILE, FILE1, ...",
	  set_file_mb },
	{ OUTPUT, 'G', 0, NULL, "SEC", "A new file after so many seconds; FILE is for strftime(3)",
	  set_file_seconds },
	{ OUTPUT, 'W', 0, NULL, "N",
	  "With -C keep N files, the oldest is overwritten; with -G alone stop after N",
	  set_keep_files },
	{ OUTPUT, 0, 0, "report", "FILE",
	  "At the end, write an HTML page to attach to a ticket: verdicts, chains, handshakes, "
	  "frames over time, histograms; of all that is seen, whatever -q and --only say",
	  set_report },
	{ OUTPUT, 'H', 0, "histogram", NULL,
	  "Histograms of message sizes, gaps, ping and reply times and read delays, at each close "
	  "and at the end",
	  PLACE(histograms) },
	{ OUTPUT, 'i', 0, "interval", "SEC", "Counters, with -H histograms, too, every SEC seconds",
	  set_interval },
	{ OUTPUT, 0, LIVE, "top", NULL,
	  "Full-screen live table of connections, every -i SEC (1); ? shows its keys", PLACE(top) },
	{ OUTPUT, 0, 0, "explain", "RULE",
	  "What a verdict's rule means and what to do, at length; list names all rules",
	  PLACE(explain) },
	{ STOP, 'd', 0, "duration", "SEC", "Stop after SEC seconds", set_duration },
	{ STOP, 'n', 0, "count", "N", "Stop after N frames", set_count },
	{ KERNEL, 0, LIVE, "backend", "auto|fentry|kprobe|tracepoint",
	  "How to get at the bytes; auto takes the first that this kernel allows", set_backend },
	{ KERNEL, 0, LIVE, "ringbuf", "MB", "Event buffer, a power of two (16)", set_ringbuf },
	{ KERNEL, 0, LIVE, "max-conns", "N",
	  "Connections followed at once (65536); one with both ends on this host counts twice",
	  set_max_conns },
	{ KERNEL, 0, LIVE, "btf", "FILE", "Types of a kernel that does not bring its own (BTF)",
	  PLACE(btf) },
	{ KERNEL, 0, LIVE, "check", NULL,
	  "Say what this kernel allows, with -v what the verifier counted, and exit",
	  PLACE(check) },
	{ ABOUT, 'V', 0, "version", NULL, "Version; with -v of libbpf, too", PLACE(version) },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define KEY_NAMED 256 /* argp's key of the first row; letters are keys of their own */

static int row_key(size_t i)
{
	return rows[i].letter ? rows[i].letter : KEY_NAMED + (int)i;
}

static const struct row *find_row(int key)
{
	for (size_t i = 0; i < ROWS; i++)
		if (row_key(i) == key)
			return &rows[i];
	return NULL;
}

static void apply(struct options *o, const struct row *row, struct argp_state *state, char *arg)
{
	if (row->live)
		o->live_only = row->name;
	if (row->set)
		row->set(o, state, arg);
	else if (row->arg)
		*(const char **)((char *)o + row->place) = arg;
	else
		*(bool *)((char *)o + row->place) = true;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct row *row = find_row(key);
	struct options *o = state->input;

	if (row) {
		apply(o, row, state, arg);
		return 0;
	}
	switch (key) {
	case ARGP_KEY_ARG:
		if (!o->n_files)
			argp_error(state, "'%s' is not an option; ports go behind -p", arg);
		set_file(o, state, arg);
		return 0;
	case ARGP_KEY_END:
		check_usage(o, state);
		check_write(o, state);
		if (o->top)
			check_top(o, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The rows as argp wants them, with a title in front of each group. */
static void list_rows(struct argp_option *to)
{
	static const char *const titles[] = {
		[SELECT] = "Select:", [CAPTURE] = "Capture:", [OUTPUT] = "Output:",
		[STOP] = "Stop:",     [KERNEL] = "Kernel:",
	};
	unsigned char title = ABOUT;
	int group;

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];

		group = r->group == ABOUT ? -1 : r->group; /* argp's own --help is in that, too */
		if (r->group != title)
			*to++ = (struct argp_option){ .doc = titles[r->group], .group = group };
		title = r->group;
		*to++ = (struct argp_option){ r->name, row_key(i), r->arg, 0, r->help, group };
	}
	*to = (struct argp_option){};
}

void options__parse(struct options *o, int argc, char **argv)
{
	static struct argp_option list[ROWS + 8];
	static const struct argp argp = { list, parse, NULL, doc, NULL, NULL, NULL };

	*o = (struct options){ .kinds = KIND_ALL, .ringbuf_mb = 16, .max_conns = 65536 };
	argv[0] = "wstrace"; /* getopt's messages begin with the path, and all others with this */
	argp_err_exit_status = 2;
	list_rows(list);
	argp_parse(&argp, argc, argv, 0, NULL, o);
}
