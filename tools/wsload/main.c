// SPDX-License-Identifier: GPL-2.0-only
/* WebSocket (RFC 6455) server and load generator for the tests and the benchmark. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "wsload.h"

uint8_t *text;

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("wsload: cannot ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC_NS + ts.tv_nsec;
}

uint64_t cpu_us(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000ull + ru.ru_utime.tv_usec +
	       ru.ru_stime.tv_usec;
}

void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		fail("allocate %zu bytes: out of memory", size);
	return p;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	size_t i;
	int err;

	options_parse(argc, argv);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	text = xrealloc(NULL, opt.size + 26);
	for (i = 0; i < opt.size + 26; i++)
		text[i] = 'a' + i % 26;
	err = opt.client ? client_main() : server_main();
	free(text);
	return err;
}
