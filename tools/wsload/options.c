// SPDX-License-Identifier: GPL-2.0-only
/* The command line. */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wsload.h"

struct options opt = {
	.host = "127.0.0.1",
	.path = "/",
	.threads = 1,
	.conns = 1,
	.size = 64,
	.count = 1000,
	.pipeline = 1,
	.timeout = 10,
	.rounds = 1,
};

uint8_t *text;

static void parse_number(struct argp_state *state, const char *arg, const char *name, uint64_t min,
			 uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(arg, &end, 10);
	if (!isdigit((unsigned char)*arg) || *end || errno || *value < min || *value > max)
		argp_error(state, "--%s %s: not a number from %lu to %lu", name, arg, min, max);
}

static void parse_header(struct argp_state *state, const char *arg)
{
	size_t len = strlen(arg);

	if (!strchr(arg, ':') || *arg == ':' || strpbrk(arg, "\r\n"))
		argp_error(state, "--header %s: not of the form 'Name: value'", arg);
	if (opt.nheaders + len + 3 > sizeof(opt.headers))
		argp_error(state, "--header: over %zu bytes of headers", sizeof(opt.headers));
	opt.nheaders += sprintf(opt.headers + opt.nheaders, "%s\r\n", arg);
}

static enum mode parse_mode(struct argp_state *state, const char *arg)
{
	static const char *const names[] = { "echo", "sink", "source" };
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(arg, names[i]))
			return i;
	argp_error(state, "--mode %s: not echo, sink or source", arg);
	return MODE_ECHO;
}

/* clang-format off */
#define NUM(name, key, arg, what) { name, key, arg, 0, what, 0 }
#define MODE(what) { "mode", 'm', "MODE", 0, what, 0 }

static const struct argp_option server_options[] = {
	NUM("port", 'p', "P", "port to listen on (0, the default: the kernel picks one)"),
	{ "address", 'a', "A", 0, "address to listen on (127.0.0.1)", 0 },
	NUM("threads", 't', "N", "threads (1)"),
	MODE("echo (default), sink: read only, source: send without end"),
	NUM("size", 's', "BYTES", "size of the messages of a source (64)"),
	{ 0 }
};
/* clang-format on */

static const struct argp_option client_options[] = {
	NUM("port", 'p', "P", "port to connect to"),
	{ "host", 'H', "H", 0, "host to connect to (127.0.0.1)", 0 },
	{ "path", 'u', "/x", 0, "path to ask for (/)", 0 },
	{ "header", 'h', "N: V", 0, "one more header in the request; may be repeated", 0 },
	NUM("conns", 'c', "N", "connections (1)"),
	NUM("size", 's', "BYTES", "size of a message (64)"),
	NUM("count", 'n', "N", "messages on each connection (1000)"),
	NUM("rate", 'r', "R", "messages a second in all (0, the default: no limit)"),
	NUM("pipeline", 'k', "K", "messages under way on each connection (1)"),
	NUM("ping-every", 'P', "N", "one ping after every N messages (0, the default: none)"),
	NUM("rounds", 'R', "N", "open, use and close all connections so often (1)"),
	NUM("hold", 'l', "SEC",
	    "keep the connections open for so long before the Close, or until "
	    "SIGTERM; a line on stderr says so (0)"),
	NUM("timeout", 'T', "SEC", "give up when the server is silent for so long (10)"),
	MODE("what the server does: echo (default), sink, source"),
	{ "binary", 'b', NULL, 0, "binary messages instead of text", 0 },
	{ "json", 'j', NULL, 0, "print one JSON object on one line", 0 },
	{ 0 }
};

static void check_options(struct argp_state *state)
{
	if (!opt.client)
		return;
	if (!opt.port)
		argp_error(state, "--port is needed");
	if (opt.conns * opt.size > 1ull << 30)
		argp_error(state, "--conns times --size is over 1 GiB");
	if (opt.conns * opt.pipeline > 1 << 22)
		argp_error(state, "--conns times --pipeline is over %d", 1 << 22);
	if (opt.conns * opt.rounds * opt.count > 10000000000ull)
		argp_error(state, "--conns times --rounds times --count is over 10000000000");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	/* clang-format off */
	switch (key) {
	case 'p': parse_number(state, arg, "port", opt.client, 65535, &opt.port); break;
	case 't': parse_number(state, arg, "threads", 1, 64, &opt.threads); break;
	case 'c': parse_number(state, arg, "conns", 1, 1000000, &opt.conns); break;
	case 's': parse_number(state, arg, "size", 0, FRAME_MAX, &opt.size); break;
	case 'n': parse_number(state, arg, "count", 0, 1000000000, &opt.count); break;
	case 'r': parse_number(state, arg, "rate", 0, 10000000, &opt.rate); break;
	case 'k': parse_number(state, arg, "pipeline", 1, 4096, &opt.pipeline); break;
	case 'P': parse_number(state, arg, "ping-every", 0, 1000000000, &opt.ping_every); break;
	case 'l': parse_number(state, arg, "hold", 0, 3600, &opt.hold); break;
	case 'R': parse_number(state, arg, "rounds", 1, 1000000, &opt.rounds); break;
	case 'T': parse_number(state, arg, "timeout", 2, 600, &opt.timeout); break;
	case 'm': opt.mode = parse_mode(state, arg); break;
	case 'h': parse_header(state, arg); break;
	case 'a':
	case 'H': opt.host = arg; break;
	case 'b': opt.binary = true; break;
	case 'j': opt.json = true; break;
	case 'u':
		if (*arg != '/' || strlen(arg) > 1024 || strpbrk(arg, " \t\r\n"))
			argp_error(state, "--path %s: not a path", arg);
		opt.path = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected '%s'", arg);
		break;
	case ARGP_KEY_END:
		check_options(state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	/* clang-format on */
	return 0;
}

void options_parse(int argc, char **argv)
{
	static const struct argp server = {
		server_options,
		parse_option,
		NULL,
		"WebSocket server; SIGTERM ends it and prints its counts.",
		NULL,
		NULL,
		NULL
	};
	static const struct argp client = {
		client_options, parse_option, NULL, "WebSocket load generator.", NULL, NULL, NULL
	};

	opt.client = argc > 1 && !strcmp(argv[1], "client");
	if (argc < 2 || (!opt.client && strcmp(argv[1], "server"))) {
		fputs("Usage: wsload server|client [OPTION...]\n"
		      "`wsload server --help' and `wsload client --help' say more.\n",
		      stderr);
		exit(2);
	}
	argp_err_exit_status = 2;
	argv[1] = opt.client ? "wsload client" : "wsload server";
	argp_parse(opt.client ? &client : &server, argc - 1, argv + 1, 0, NULL, NULL);
}
