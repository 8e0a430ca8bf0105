// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* vasprintf() */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/refusal.h"

static int verbosity;
static char last_words[REFUSAL_WORDS]; /* of libbpf: the reason behind an errno */
static char verdict[REFUSAL_WORDS]; /* of the verifier */

/*
 * The verifier's last word on a program, before its counts. A field that the kernel's types lack
 * has libbpf put into its log, where the instruction was that would have read it.
 */
static void note_verifier(char *log)
{
	static const char lacking[] = "failed to resolve CO-RE relocation ";
	char *start = strchr(log, '\n'), *end = strstr(start, "\nprocessed "), *word, *field,
	     *details;
	int name = strcspn(log, "'") + 1, len = strcspn(log + name, "'");

	if (!end || end == start)
		return;
	*end = 0;
	word = strrchr(start, '\n') + 1;
	field = strstr(word, "] ");
	details = field ? strstr(field, " (") : NULL;
	if (!strncmp(word, lacking, strlen(lacking)) && details)
		snprintf(verdict, sizeof(verdict),
			 "program '%.*s' needs %.*s, which the kernel's types "
			 "do not have",
			 len, log + name, (int)(details - field - 2), field + 2);
	else
		snprintf(verdict, sizeof(verdict), "program '%.*s': %s", len, log + name, word);
}

/* The first warning says most, unless libbpf goes on after it. */
static void note_words(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return;
	if (strstr(text, "-- BEGIN PROG LOAD LOG --\n"))
		note_verifier(text);
	else if (!last_words[0] && !strstr(text, "Retrying without BTF") &&
		 !strstr(text, "Failed to bump RLIMIT_MEMLOCK"))
		snprintf(last_words, sizeof(last_words), "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
}

static int on_libbpf_message(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	va_list again;

	if (level == LIBBPF_WARN) {
		va_copy(again, ap);
		note_words(fmt, again);
		va_end(again);
	}
	return verbosity >= 2 ? vfprintf(stderr, fmt, ap) : 0;
}

void refusal__listen(int verbose)
{
	verbosity = verbose;
	libbpf_set_print(on_libbpf_message);
}

void refusal__reset(void)
{
	last_words[0] = verdict[0] = 0;
}

void refusal__say(const char *why)
{
	snprintf(last_words, sizeof(last_words), "%s", why);
}

void refusal__take(struct refusal *r, int err)
{
	/* Of a program that it refuses; else the verifier had no objection. */
	bool verifier = verdict[0] && (err == -EINVAL || err == -EACCES);

	r->err = err;
	memcpy(r->words, verifier ? verdict : last_words, sizeof(r->words));
}

#define ENOTSUPP 524 /* the kernel's own; not for user space, yet it comes */

const char *refusal__error(int err)
{
	return err == -ENOTSUPP ? "Operation not supported" : strerror(-err);
}

void refusal__print(const struct refusal *r, const char *backend)
{
	fprintf(stderr, "  %s: %s", backend, refusal__error(r->err));
	if (r->words[0])
		fprintf(stderr, " (%s)", r->words);
	fputc('\n', stderr);
}

/* What may help, where the errno says it; NULL else. */
static const char *remedy(int err, bool other_types)
{
	switch (-err) {
	case ENOMEM:
		return "smaller --max-conns and --ringbuf take less memory";
	case EMFILE:
		return "more files have to be allowed: ulimit -n 1024";
	case EPERM:
		return "a seccomp filter (of a container), a security module or lockdown may "
		       "forbid it";
	default:
		return other_types ? "are the types that --btf names those of this kernel?" : NULL;
	}
}

void refusal__print_remedies(const struct refusal *refusals, size_t n, bool other_types)
{
	const char *said = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *text = refusals[i].err ? remedy(refusals[i].err, other_types) : NULL;

		if (!text || text == said)
			continue;
		fprintf(stderr, "wstrace: %s\n", text);
		said = text;
	}
}
