// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "diagnose/verdicts.h"
#include "facts/chain.h"
#include "facts/endpoints.h"
#include "lib/units.h"

#define FOLD_NS NS_PER_SEC /* the same verdict within that time is folded */
#define ROWS_MAX 4096

struct verdict_count {
	struct verdict_row shown;
	uint64_t told; /* when a verdict was last not folded */
};

void verdict_evidence(const struct verdict *v,
		      void (*fn)(void *ctx, const struct fact_text *name, struct span value),
		      void *ctx)
{
	struct buf value = {};
	size_t n;

	for (const char *p = v->rule->evidence; *p; p += n + (p[n] == ' ')) {
		const struct fact_text *name;

		n = strcspn(p, " ");
		name = fact_text_find(p, n);
		value.len = 0;
		if (name)
			name->write(&value, v->facts);
		if (value.len)
			fn(ctx, name, (struct span){ value.data, value.len });
	}
	buf_free(&value);
}

static struct hop hop_of(const struct rule *r, const struct facts *f)
{
	const struct fact_text *name;

	if (r->hop) {
		name = fact_text_find(r->hop, strlen(r->hop));
		return name && name->hop ? name->hop(f) : (struct hop){};
	}
	for (const char *p = strchr(r->says, '{'); p; p = strchr(p + 1, '{')) {
		name = fact_text_find(p + 1, strcspn(p + 1, "}"));
		if (name && name->hop)
			return name->hop(f);
	}
	return (struct hop){};
}

struct hop verdict_hop(const struct verdict *v)
{
	return hop_of(v->rule, v->facts);
}

const char *verdict_fix(const struct rule *r, const struct facts *f)
{
	const struct rule_help *help = rule_help(r->id);
	struct hop h = hop_of(r, f);
	enum proxy p = h.comm ? proxy_named(h.comm) : PROXY_NONE;

	if (r->fix || !help)
		return r->fix ? r->fix : "";
	if (!p && help->in_front)
		p = endpoint_proxy(f);
	return help->proxy[p] ? help->proxy[p] : help->fix;
}

static struct verdict_count *find_row(struct verdicts *all, const struct rule *r,
				      const struct facts *f)
{
	struct facts *first = chain_first((struct facts *)f);
	const char *target = first->req.shown_target ? first->req.shown_target : "";
	size_t n = strcspn(target, "?");
	uint16_t port = addr_port(conn_server_addr(first->conn));
	struct verdict_count *rows;

	for (unsigned int i = 0; i < all->n; i++) {
		const struct verdict_row *s = &all->rows[i].shown;

		if (s->port == port && strlen(s->path) == n && !memcmp(s->path, target, n) &&
		    rules_alike(s->rule, r))
			return &all->rows[i];
	}
	if (all->n == ROWS_MAX)
		return NULL;
	rows = realloc(all->rows, (all->n + 1) * sizeof(*rows));
	if (!rows)
		return NULL;
	all->rows = rows;
	rows += all->n;
	memset(rows, 0, sizeof(*rows));
	rows->shown.path = strndup(target, n);
	if (!rows->shown.path)
		return NULL;
	rows->shown.rule = r;
	rows->shown.port = port;
	all->n++;
	return rows;
}

/*
 * Keeps the first text of a row, until a rule that refines the row's comes. Returns whether the
 * text is new.
 */
static bool keep_text(struct verdict_row *to, const struct verdict *v)
{
	bool refines = v->rule->refines && strcmp(to->rule->id, v->rule->id);

	if (to->text && !refines)
		return false;
	free((char *)to->text);
	free((char *)to->fix);
	to->rule = v->rule;
	to->text = strdup(v->text);
	to->fix = strdup(v->fix);
	return true;
}

/* Keeps the words for the process at fault, and whether there were several. */
static void keep_hop(struct verdict_row *to, const struct verdict *v)
{
	struct hop h = verdict_hop(v);
	struct buf words = {};

	if (h.comm || h.listen || h.addr)
		hop_text(&words, h);
	buf_char(&words, 0);
	if (words.failed) {
		buf_free(&words);
	} else if (to->hop) {
		to->hops |= strcmp(to->hop, words.data) != 0;
		buf_free(&words);
	} else {
		to->hop = words.data;
	}
}

void verdicts__add(struct verdicts *all, struct verdict *v, uint64_t ts)
{
	struct verdict_count *row = find_row(all, v->rule, v->facts);
	bool news;

	if (!row)
		return;
	news = keep_text(&row->shown, v);
	keep_hop(&row->shown, v);
	v->again = news ? 0 : row->shown.count;
	v->folded = !news && ts - row->told < FOLD_NS;
	row->shown.count++;
	if (!v->folded)
		row->told = ts;
}

static int by_count(const void *a, const void *b)
{
	const struct verdict_row *x = a, *y = b;

	if (x->rule->severity != y->rule->severity)
		return y->rule->severity - x->rule->severity;
	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

void verdicts__sort(struct verdicts *all)
{
	if (all->n)
		qsort(all->rows, all->n, sizeof(*all->rows), by_count);
}

const struct verdict_row *verdicts__row(const struct verdicts *all, unsigned int i)
{
	return i < all->n ? &all->rows[i].shown : NULL;
}

void verdicts__free(struct verdicts *all)
{
	for (unsigned int i = 0; i < all->n; i++) {
		free((char *)all->rows[i].shown.path);
		free((char *)all->rows[i].shown.text);
		free((char *)all->rows[i].shown.fix);
		free((char *)all->rows[i].shown.hop);
	}
	free(all->rows);
}
