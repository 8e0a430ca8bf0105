// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "diagnose/diagnose.h"
#include "out/lines.h"
#include "out/output.h"
#include "session.h"

/*
 * Outputs, in the order of opening and closing. Files come first: one that cannot be written ends
 * the run before a line is printed.
 */
static const struct output *const outputs[] = {
	&output_pcapng, &output_text, &output_json, &output_top, &output_report, NULL,
};

struct session {
	const struct options *o;
	struct decoder *decoder;
	struct diagnose *diagnose;
	struct outputs *outputs;
	struct lines *lines; /* of standard output */
	uint64_t frames; /* shown; set when the outputs are closed */
	bool look;
	bool reader_gone; /* standard output has no reader any more */
};

int session_usable(const struct options *o)
{
	int status = 0;

	for (const struct output *const *row = outputs; *row && !status; row++)
		if ((*row)->wanted(o) && (*row)->usable)
			status = (*row)->usable(o);
	return status;
}

unsigned int session_needs(const struct options *o)
{
	return outputs_needs(outputs, o);
}

static void on_diagnosis(void *ctx, const struct event *e)
{
	struct session *s = ctx;

	outputs__event(s->outputs, e);
}

static void on_event(void *ctx, const struct event *e)
{
	struct session *s = ctx;

	if (e->type != EV_STATS || !s->look)
		outputs__event(s->outputs, e);
	diagnose__event(s->diagnose, e);
}

static void on_tap(void *ctx, struct conn *c, const struct wst_hdr *h, uint64_t ts)
{
	struct session *s = ctx;

	outputs__record(s->outputs, c, h, ts);
}

/* Returns whether no connection is left out of what diagnosis gets to see. */
static bool takes_all_ports(const struct options *o)
{
	uint64_t missing = ~o->ports[0] & ~1ULL; /* there is no port 0 */

	for (size_t i = 1; i < sizeof(o->ports) / sizeof(o->ports[0]); i++)
		missing |= ~o->ports[i];
	return (!missing || (o->n_files && !o->have_ports)) && !o->n_pids && !o->comm &&
	       !o->cgroup_id && !o->host_bits;
}

int session__new(struct session **session, const struct options *o, struct run_info *run)
{
	struct session *s = calloc(1, sizeof(*s));
	struct decoder_options decode = { .payload = o->snaplen > 0, .secrets = o->show_secrets };
	int err = -ENOMEM;

	if (!s)
		goto failed;
	s->o = o;
	s->lines = lines__new(STDOUT_FILENO, "standard output", !o->n_files, run);
	s->decoder = decoder__new(on_event, s, &decode);
	s->diagnose = diagnose__new(on_diagnosis, s, !o->n_files);
	if (!s->lines || !s->decoder || !s->diagnose)
		goto failed;
	if (takes_all_ports(o))
		diagnose__all_ports(s->diagnose);
	run->lines = s->lines;
	decoder__set_tap(s->decoder, on_tap);
	err = outputs__new(&s->outputs, outputs, o, run);
	if (!err)
		err = session__flush(s);
	if (err)
		goto failed;
	*session = s;
	return 0;
failed:
	if (err == -ENOMEM)
		fprintf(stderr, "wstrace: cannot start: %s\n", strerror(ENOMEM));
	session__free(s);
	return err;
}

void session__free(struct session *s)
{
	if (!s)
		return;
	outputs__close(s->outputs, 0, &(struct run_totals){}, NULL);
	lines__close(s->lines);
	diagnose__free(s->diagnose);
	decoder__free(s->decoder);
	free(s);
}

int session__record(struct session *s, const void *record, size_t size, int64_t offset)
{
	int err = decoder__record(s->decoder, record, size, offset);

	if (err)
		return err;
	/* Between two records output may have to go out, or the end may be reached. */
	return session__done(s) ? -ECANCELED : 0;
}

struct decoder *session__decoder(struct session *s)
{
	return s->decoder;
}

void session__lost(struct session *s, uint64_t ts, uint64_t events)
{
	outputs__lost(s->outputs, ts, events);
	diagnose__lost(s->diagnose, ts);
}

bool session__wants_look(const struct session *s, bool unheard)
{
	return diagnose__wants_stats(s->diagnose, unheard);
}

void session__set_look(struct session *s, bool look)
{
	s->look = look;
}

void session__totals(struct session *s, uint64_t ts, const struct run_totals *t)
{
	outputs__totals(s->outputs, ts, t);
}

void session__ending(struct session *s)
{
	outputs__ending(s->outputs);
}

int session__tick(struct session *s, uint64_t ts, uint64_t *focus)
{
	bool more;
	int err;

	diagnose__tick(s->diagnose, ts);
	more = outputs__tick(s->outputs, ts, focus) && !session__done(s);
	err = session__flush(s);
	return err ? err : more ? 0 : -ECANCELED;
}

bool session__done(const struct session *s)
{
	return outputs__done(s->outputs);
}

int session__flush(struct session *s)
{
	return lines__flush(s->lines);
}

int session__close(struct session *s, uint64_t ts, struct run_totals *t, int err)
{
	int failed, unwritten;

	decoder__flush(s->decoder);
	diagnose__finish(s->diagnose, ts);
	t->conns = decoder__conns(s->decoder);
	t->cut = outputs__counted(s->outputs);
	outputs__restrict(s->outputs, t);
	s->frames = outputs__frames(s->outputs);
	failed = outputs__close(s->outputs, ts, t, s->diagnose);
	s->outputs = NULL;
	unwritten = lines__close(s->lines);
	s->lines = NULL;
	if (err && !unwritten)
		fprintf(stderr, "wstrace: cannot go on: %s\n", strerror(-err));
	err = err ? err : unwritten;
	s->reader_gone = err == -EPIPE;
	return (failed && failed != -EPIPE) || (err && err != -EPIPE);
}

static void say_number(uint64_t n, const char *what, const char *behind)
{
	fprintf(stderr, "%llu %s%s%s", (unsigned long long)n, what, n == 1 ? "" : "s", behind);
}

void session__say_totals(const struct session *s, const struct run_totals *t, const char *more)
{
	if (s->reader_gone)
		return;
	if (diagnose__guessed(s->diagnose))
		fputs("wstrace: a file does not show whether a process ended with its connections: "
		      "a trace may call such an end app-error, reload or backend-restart\n",
		      stderr);
	fputs("wstrace: ", stderr);
	say_number(t->conns, "connection", ", ");
	say_number(t->frames, "frame", "");
	/* more frames had passed before -n could stop the run */
	if (s->o->count && s->frames < t->frames)
		fprintf(stderr, " (%llu shown)", (unsigned long long)s->frames);
	fputs(", ", stderr);
	say_number(t->bytes, "byte", ", ");
	fprintf(stderr, "%llu lost%s\n", (unsigned long long)t->lost, more);
}
