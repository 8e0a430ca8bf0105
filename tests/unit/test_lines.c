// SPDX-License-Identifier: GPL-2.0-only
/* user/out/lines.c: readers that read slowly, not at all, or have gone, and a disk that is full. */
#define _GNU_SOURCE /* F_SETPIPE_SZ, posix_openpt() */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>
#include "out/lines.h"

#define LINE "a line of thirty-two characters\n"
#define LEN (sizeof(LINE) - 1)

static bool ending; /* whether it is time to end */
static int before, caught;

static bool is_ending(void *ctx)
{
	return ending;
}

static const struct run_info run = { .ending = is_ending };

static int setup(void **state)
{
	ending = false;
	signal(SIGPIPE, SIG_IGN);
	fflush(stderr);
	before = dup(STDERR_FILENO);
	caught = memfd_create("stderr", MFD_CLOEXEC);
	return dup2(caught, STDERR_FILENO) < 0;
}

static int teardown(void **state)
{
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	close(before);
	close(caught);
	return 0;
}

/* What came on stderr; static memory. */
static const char *said(void)
{
	static char text[512];

	fflush(stderr);
	memset(text, 0, sizeof(text));
	assert_true(pread(caught, text, sizeof(text) - 1, 0) >= 0);
	return text;
}

static void put(struct lines *l, unsigned int n, bool frame)
{
	while (n--) {
		buf_str(lines__start(l), LINE);
		lines__end(l, frame);
	}
}

/* Reads what there is, without waiting, and returns how many bytes that is. */
static size_t drain(int fd, char *text, size_t size)
{
	size_t n = 0;
	ssize_t got;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (n < size && (got = read(fd, text + n, size - n)) > 0)
		n += got;
	return n;
}

static void test_order(void **state)
{
	int fds[2];
	char text[256] = "";
	struct lines *l;

	assert_int_equal(pipe(fds), 0);
	l = lines__new(fds[1], "standard output", true, &run);
	buf_str(lines__start(l), "one\n");
	lines__end(l, true);
	assert_int_equal(drain(fds[0], text, sizeof(text)), 0); /* lines gather */
	buf_str(lines__start(l), "two\nand more\n");
	lines__end(l, false);
	assert_int_equal(lines__flush(l), 0);
	assert_int_equal(drain(fds[0], text, sizeof(text)), 17);
	assert_string_equal(text, "one\ntwo\nand more\n");
	assert_int_equal(lines__close(l), 0);
	assert_string_equal(said(), "");
	assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK); /* the caller's stays as it was */
	close(fds[0]);
	close(fds[1]);
}

/* Nobody reads the pipe, and it is time to end: what does not fit is left out, to the last line. */
static void test_stuck_at_the_end(void **state)
{
	static char text[1 << 20];
	int fds[2], size;
	size_t lines = 8192, read;
	char want[128];
	struct lines *l;

	assert_int_equal(pipe(fds), 0);
	size = fcntl(fds[1], F_SETPIPE_SZ, 4096);
	assert_int_equal(size, 4096);
	l = lines__new(fds[1], "standard output", true, &run);
	ending = true;
	put(l, lines, false);
	assert_int_equal(lines__close(l), 0);
	read = drain(fds[0], text, sizeof(text));
	assert_int_equal(read, size);
	snprintf(want, sizeof(want),
		 "wstrace: nobody reads standard output: its last %zu lines were left out\n",
		 lines - read / LEN);
	assert_string_equal(said(), want);
	close(fds[0]);
	close(fds[1]);
}

/* A terminal that takes no more loses frames, which are counted, and nothing else. */
static void test_slow_terminal(void **state)
{
	static char text[1 << 22];
	struct termios raw;
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	unsigned int frames = 32768, shown = 0, skipped;
	struct lines *l;
	size_t n = 0;
	char *p;

	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	tcgetattr(slave, &raw);
	cfmakeraw(&raw); /* or \n becomes \r\n */
	tcsetattr(slave, TCSANOW, &raw);
	l = lines__new(slave, "standard output", true, &run);
	put(l, frames, true);
	buf_str(lines__start(l), "no frame\n");
	lines__end(l, false);
	for (int i = 0; i < 10000 && !strstr(text, "the terminal is too slow\n"); i++) {
		assert_int_equal(lines__flush(l), 0);
		n += drain(master, text + n, sizeof(text) - 1 - n);
	}
	assert_int_equal(lines__close(l), 0);
	for (p = text; !strncmp(p, LINE, LEN); p += LEN)
		shown++;
	assert_int_equal(strncmp(p, "no frame\n", 9), 0);
	assert_int_equal(
		sscanf(p + 9, "... %u frames not printed: the terminal is too slow\n", &skipped),
		1);
	assert_true(skipped > 0 && shown > 0);
	assert_int_equal(shown + skipped, frames);
	assert_string_equal(said(), "");
	close(slave);
	close(master);
}

/* A reader that has gone is told, and not complained about. */
static void test_gone(void **state)
{
	int fds[2];
	struct lines *l;

	assert_int_equal(pipe(fds), 0);
	l = lines__new(fds[1], "standard output", true, &run);
	assert_int_equal(lines__flush(l), 0);
	close(fds[0]);
	assert_int_equal(lines__flush(l), -EPIPE); /* with nothing to write, too */
	put(l, 10000, false);
	assert_int_equal(lines__flush(l), -EPIPE);
	assert_int_equal(lines__close(l), -EPIPE);
	assert_string_equal(said(), "");
	close(fds[1]);
}

static void test_full_disk(void **state)
{
	int fd = open("/dev/full", O_WRONLY);
	struct lines *l = lines__new(fd, "standard output", false, &run);

	put(l, 1, false);
	assert_int_equal(lines__flush(l), -ENOSPC);
	put(l, 1, false);
	assert_int_equal(lines__close(l), -ENOSPC);
	assert_string_equal(said(),
			    "wstrace: cannot write standard output: No space left on device\n");
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order), TEST(test_stuck_at_the_end), TEST(test_slow_terminal),
		TEST(test_gone),  TEST(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
