// SPDX-License-Identifier: GPL-2.0-only
/* --report: gathers records of the run, and at the end writes a page of them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "report/output.h"
#include "out/output.h"
#include "report/gather.h"
#include "report/page.h"

static const struct options *opts;
static struct run_info info;
static struct report *report;
static bool failed;

/* The file that is written: one beside the file that is wanted, whose place it takes at the end. */
struct target {
	char path[PATH_MAX]; /* what a symbolic link leads to */
	char name[PATH_MAX + 32]; /* of the file that is written */
	bool direct; /* a device or a pipe: nothing can take its place */
	int fd;
};

static int target_open(struct target *t, const char *path)
{
	struct stat st;

	if (!realpath(path, t->path)) {
		if (errno != ENOENT || strlen(path) >= sizeof(t->path))
			return -errno;
		strcpy(t->path, path);
	}
	t->direct = !stat(t->path, &st) && !S_ISREG(st.st_mode);
	if (t->direct) {
		strcpy(t->name, t->path);
		t->fd = open(t->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		snprintf(t->name, sizeof(t->name), "%s.%d.tmp", t->path, getpid());
		t->fd = open(t->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	}
	return t->fd < 0 ? -errno : 0;
}

/*
 * Closes the file. keep: it is whole, and takes its place. Returns err, or where that is 0 the
 * -errno of what went wrong here.
 */
static int target_close(struct target *t, int err, bool keep)
{
	/* On some file systems only this says that the disk is full; a device knows no such thing.
	 */
	if (!err && keep && fsync(t->fd) && errno != EINVAL && errno != EROFS)
		err = -errno;
	if (close(t->fd) && !err)
		err = -errno;
	if (t->direct)
		return err;
	if (!err && keep && rename(t->name, t->path))
		err = -errno;
	if (err || !keep)
		unlink(t->name);
	return err;
}

static int write_all(int fd, const struct buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? n : 0;
	}
	return 0;
}

static bool say(const char *path, int err)
{
	if (err)
		fprintf(stderr, "wstrace: cannot write %s: %s\n", path, strerror(-err));
	return !err;
}

bool out_report__usable(const char *path)
{
	struct target t;
	int err = target_open(&t, path);

	return say(path, err ? err : target_close(&t, 0, false));
}

bool out_report__failed(void)
{
	return failed;
}

static void report_start(const struct options *o, const struct run_info *run)
{
	opts = o;
	info = *run;
	report = report__new(o->show_secrets);
}

static void report_event(const struct event *e)
{
	/* Counters on the way say nothing that those at the end do not. */
	if (report && (e->type != EV_STATS || output_is_ending()))
		report__event(report, e);
}

static void report_lost(uint64_t ts, uint64_t events)
{
	(void)ts;
	(void)events; /* are in the totals */
}

static void report_end(uint64_t ts, const struct run_totals *t, const struct diagnose *d)
{
	struct target target;
	struct buf page = {};
	int err = -ENOMEM;

	if (report) {
		report__finish(report, ts);
		err = page__write(&page, report, opts, &info, t, d);
	}
	if (!err)
		err = target_open(&target, opts->report);
	if (!err)
		err = target_close(&target, write_all(target.fd, &page), true);
	failed = !say(opts->report, err);
	buf_free(&page);
	report__free(report);
	report = NULL;
}

const struct output_ops out_report = {
	.start = report_start,
	.event = report_event,
	.lost = report_lost,
	.end = report_end,
};
