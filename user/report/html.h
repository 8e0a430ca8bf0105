/* SPDX-License-Identifier: GPL-2.0-only */
/* The page that --report writes: its parts, and how values are put into it. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "out/output.h"
#include "report/gather.h"

#define CASES_MAX 48 /* chains shown in detail */
#define CASES_OPEN 8 /* of these so many are unfolded */

/* A chain of connections that is shown in detail. */
struct report_case {
	struct report_conn *legs[LEGS_MAX];
	unsigned int n;
	const struct rule *rule; /* of its worst verdict; NULL: none */
	uint64_t alike; /* more chains with that verdict at the same place */
	const char *why; /* it is here; NULL where rule is not */
	uint64_t why_us; /* the p99 that why speaks of; 0: none */
};

struct page {
	struct buf *b;
	struct report *r; /* its order changes */
	const struct options *o;
	const struct run_info *run;
	const struct run_totals *totals;
	const struct diagnose *diagnose; /* NULL where nothing was judged */
	struct report_case cases[CASES_MAX];
	unsigned int n_cases;
	uint64_t cases_left_out;
};

/* Writes the whole page into b. Returns 0 or -ENOMEM. */
int page__write(struct buf *b, struct report *r, const struct options *o,
		const struct run_info *run, const struct run_totals *totals,
		const struct diagnose *diagnose);

/* Parts, by file. */
void page__style(struct buf *b); /* report_style.c: with its meta tags */
void page__choose(struct page *p); /* report_choose.c: fills in the cases */
bool page__is_at(const struct report_case *c, const struct verdict_row *row); /* port and path */
void page__case(struct page *p, const struct report_case *c, bool open); /* report_case.c */
void page__sequence(struct page *p, const struct report_case *c); /* report_sequence.c */
void page__heads(struct page *p, const struct report_case *c); /* report_sequence.c */
void page__chains(struct page *p); /* report_chains.c */
void page__tables(struct page *p); /* report_tables.c */
void page__timeline(struct page *p, const struct report_case *c); /* report_svg.c */
void page__activity(struct page *p);
void page__histogram(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind);
bool page__histograms(struct buf *b, const struct wst_hist *hists, const struct wst_hist *delay);

/* Text of whatever origin; what could be hostile goes through nothing else. */
void html_text(struct buf *b, const char *s);
void html_bytes(struct buf *b, const char *p, size_t n,
		size_t max); /* what is beyond max: counted */

/* Prose of ours, in which \n is a line break. */
void html_prose(struct buf *b, const char *s);

void html_count(struct buf *b, uint64_t n); /* 12,345 */
void html_duration(struct buf *b, uint64_t ns);
void html_since(struct buf *b, uint64_t from, uint64_t ts); /* +1.2 ms */
void html_clock(struct buf *b, uint64_t ts); /* local time, with milliseconds */
void html_date(struct buf *b, uint64_t ts); /* with date and zone */
void html_process(struct buf *b, const char *comm, uint32_t pid);
void html_link(struct buf *b, const struct report_conn *c); /* "#12", a link where it is shown */
void html_badge(struct buf *b, enum severity s);

/* "closed by the server (FIN, 1000) after 5.0 s" */
void html_end(struct buf *b, const struct report_conn *c);

/* Who is at point i of the chain: 0 the client, i the server of leg i - 1. */
void html_who(struct buf *b, struct report_conn *const *legs, unsigned int n, unsigned int i,
	      const char *between);

#endif
