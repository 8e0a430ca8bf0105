/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* WSTRACE_VERSION is a string that the Makefile defines. */

#define PIDS_MAX 1024
#define FILES_MAX 250
#define SNAPLEN_FULL UINT32_MAX

/* What --only names; -q is a choice of them. */
enum {
	KIND_OPEN = 1,
	KIND_HANDSHAKE = 2,
	KIND_FRAME = 4,
	KIND_CONTROL = 8,
	KIND_CLOSE = 16,
	KIND_STATS = 32,
	KIND_VERDICT = 64,
	KIND_ALL = 127,
	KIND_QUIET = KIND_HANDSHAKE | KIND_CLOSE | KIND_STATS | KIND_VERDICT,
};

enum side { SIDE_SERVER, SIDE_CLIENT, SIDE_BOTH };

struct options {
	uint64_t ports[1024]; /* a bit for each port */
	const char *port_list; /* as it was written */
	bool have_ports;
	uint32_t pids[PIDS_MAX];
	unsigned int n_pids;
	const char *comm; /* NULL: any */
	uint64_t cgroup_id; /* 0: any */
	uint32_t cgroup_level;
	uint8_t host[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t host_bits; /* 0: any */
	const char *path; /* glob for request targets; NULL: any */
	enum side side;
	bool have_side;
	uint32_t snaplen; /* SNAPLEN_FULL: all */
	bool show_secrets;
	bool json;
	uint32_t kinds;
	int verbose;
	const char *write; /* pcapng file; NULL: none, "-": standard output */
	uint64_t file_mb, file_seconds; /* when the next file begins; 0: never for this */
	unsigned int keep_files; /* 0: as many as there come */
	const char *report; /* HTML file; NULL: none */
	bool histograms;
	uint64_t interval; /* seconds; 0: only at the end */
	bool top;
	uint64_t duration; /* seconds; 0: until told */
	uint64_t count; /* frames; 0: no limit */
	const char *backend; /* NULL: auto */
	uint32_t ringbuf_mb;
	uint32_t max_conns;
	const char *btf; /* file with the kernel's types; NULL: the kernel's own */
	bool check;
	const char *files[FILES_MAX]; /* captures to read instead of tracing */
	unsigned int n_files;
	const char *live_only; /* an option that was given and has no meaning for files */
	bool version;
	const char *explain; /* a rule, or "list"; NULL: none */
	unsigned int needs; /* of the outputs, enum needs; main() fills it in */
};

/* Fills *o in; ends the process with status 2 on wrong usage, and with 0 after --help. */
void options__parse(struct options *o, int argc, char **argv);

#endif
