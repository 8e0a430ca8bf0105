/* SPDX-License-Identifier: GPL-2.0-only */
/* The page that --report writes, and its parts, which the files of this folder draw. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "out/output.h"
#include "report/html.h"
#include "report/records.h"

#define CASES_MAX 48 /* chains shown in detail */
#define CASES_OPEN 8 /* chains of these that are unfolded */

/* A chain of connections that is shown in detail. */
struct report_case {
	struct report_conn *legs[LEGS_MAX]; /* the client's first */
	unsigned int n;
	const struct rule *rule; /* rule of its worst verdict; NULL: none */
	uint64_t alike; /* more chains with that verdict at the same port and path */
	const char *why; /* why it is shown, in words; NULL unless rule is NULL */
	uint64_t why_us; /* the p99 that `why` tells of, us; 0: none */
};

struct page {
	struct buf *b;
	struct report *r; /* its connections are put in another order */
	const struct options *o;
	const struct run_info *run;
	const struct run_totals *totals;
	const struct diagnose *diagnose; /* NULL where nothing was judged */
	struct report_case cases[CASES_MAX];
	unsigned int n_cases;
	uint64_t cases_left_out;
};

/* Appends the whole page to b. Returns 0 or -ENOMEM. */
int page__write(struct buf *b, struct report *r, const struct options *o,
		const struct run_info *run, const struct run_totals *totals,
		const struct diagnose *diagnose);

/* Appends the style sheet, and the policy that lets in nothing else. */
void page__style(struct buf *b);

/* Fills in p->cases, the worst first. */
void page__choose(struct page *p);

/* Returns whether the chain's port and path are those of the row. */
bool page__is_at(const struct report_case *c, const struct verdict_row *row);

/* Draw one chain: its whole card (case.c), and what is in the card. */
void page__case(struct page *p, const struct report_case *c, bool open);
void page__sequence(struct page *p, const struct report_case *c);
void page__heads(struct page *p, const struct report_case *c);
void page__timeline(struct page *p, const struct report_case *c);

/* Draw all connections together. */
void page__chains(struct page *p);
void page__tables(struct page *p);
void page__activity(struct page *p);

/*
 * Draws the histograms that are not empty: hists of WST_HIST_KINDS, delay of WST_DIRS; NULL: none.
 * Returns whether there was one.
 */
bool page__histograms(struct buf *b, const struct wst_hist *hists, const struct wst_hist *delay);

/* Words for a connection (words.c). */
void html_process(struct buf *b, const char *comm, uint32_t pid);
/* "#12", a link if c is shown in detail */
void html_link(struct buf *b, const struct report_conn *c);
void html_badge(struct buf *b, enum severity s);
void html_lines(struct buf *b, const char *fix); /* the same without its heading */
void html_fix(struct buf *b, const char *fix); /* a sentence, and lines to copy */
void html_end(struct buf *b, const struct report_conn *c); /* "closed by the server (FIN, ..." */

/*
 * A chain of n legs has n + 1 points: 0 is the client, i the server of leg i - 1. html_who() draws
 * the point's process, or its role where the process is not known.
 */
void html_who(struct buf *b, struct report_conn *const *legs, unsigned int n, unsigned int i);
const char *point_role(unsigned int n, unsigned int i); /* "client", "proxy", "server" */
const char *point_addr(struct report_conn *const *legs, unsigned int i);

/* Returns the leg that was traced at this point, so that the process is known; NULL: none. */
const struct report_conn *point_conn(struct report_conn *const *legs, unsigned int n,
				     unsigned int i);

#endif
