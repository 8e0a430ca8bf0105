// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* strcasestr(), qsort_r() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "top/screen.h"
#include "top/table.h"

#define COLUMN(n) (&top_columns[n])

/* In top_columns[]. */
enum { COLUMN_PROCESS = 1, COLUMN_PEER, COLUMN_MESSAGES = 4 };

void top_table__init(struct top_table *t)
{
	*t = (struct top_table){ .column = COLUMN_MESSAGES, .left = TOP_FIXED, .page = 1 };
}

void top_table__free(struct top_table *t)
{
	free(t->rows);
	t->rows = NULL;
	top_table__clear(t);
}

void top_table__clear(struct top_table *t)
{
	t->n = 0;
	t->selected = NULL;
}

static bool holds(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool passes(const struct top_row *r, const char *filter)
{
	char process[WST_COMM_LEN + 16];

	if (!*filter)
		return true;
	if (!strcmp(filter, "!"))
		return top_row__marked(r);
	snprintf(process, sizeof(process), "%s[%u]", r->who->comm, r->who->pid);
	return holds(process, filter) || holds(top_row__container(r), filter) ||
	       holds(r->who->remote, filter) || holds(r->who->local, filter) ||
	       holds(r->target, filter);
}

static int compare(const void *pa, const void *pb, void *ctx)
{
	const struct top_row *a = *(struct top_row *const *)pa, *b = *(struct top_row *const *)pb;
	const struct top_table *t = ctx;
	const struct top_column *column = COLUMN(t->column);
	int order;

	if (column->compare)
		order = column->compare(a, b);
	else
		order = (a->key < b->key) - (a->key > b->key);
	if (t->reverse)
		order = -order;
	if (!order) /* or rows that are equal would change places all the time */
		order = (a->who->number > b->who->number) - (a->who->number < b->who->number);
	return order;
}

/* The selection, after the rows have been arranged anew. */
static void select_again(struct top_table *t)
{
	if (t->pinned && t->selected && t->selected->line < t->n)
		t->line = t->selected->line;
	if (t->line >= t->n)
		t->line = t->n ? t->n - 1 : 0;
	t->selected = t->n ? t->rows[t->line] : NULL;
}

void top_table__arrange(struct top_table *t, const struct top_rows *rows, uint64_t now)
{
	const struct top_column *column = COLUMN(t->column);
	struct top_row **shown = realloc(t->rows, (rows->n + 1) * sizeof(*shown));

	t->n = 0;
	if (shown)
		t->rows = shown;
	for (uint32_t i = 0; shown && i < rows->n; i++) {
		struct top_row *r = rows->all[i];

		r->line = UINT32_MAX;
		if (!passes(r, t->filter))
			continue;
		if (column->value)
			r->key = column->value(r, now);
		shown[t->n++] = r;
	}
	if (shown)
		qsort_r(shown, t->n, sizeof(*shown), compare, t);
	for (uint32_t i = 0; i < t->n; i++)
		shown[i]->line = i;
	select_again(t);
}

void top_table__move(struct top_table *t, int64_t line)
{
	int64_t last = t->n ? t->n - 1 : 0;

	t->line = line < 0 ? 0 : line > last ? last : line;
	t->selected = t->n ? t->rows[t->line] : NULL;
	t->pinned = t->line > 0;
}

void top_table__rewind(struct top_table *t)
{
	t->pinned = false;
	t->line = 0;
}

void top_table__sort(struct top_table *t, int column)
{
	t->reverse = t->column == column && t->reverse;
	t->column = column;
	t->must = column;
	top_table__rewind(t);
}

/* The columns that have room, and where. */
struct layout {
	int n;
	int column[TOP_COLUMNS_MAX], x[TOP_COLUMNS_MAX], width[TOP_COLUMNS_MAX];
};

static int take(struct layout *l, int column, int x)
{
	l->column[l->n] = column;
	l->x[l->n] = x;
	l->width[l->n++] = COLUMN(column)->width;
	return x + COLUMN(column)->width + 1;
}

/* Gives up to most of the spare columns to a column, where it is shown. */
static void widen(struct layout *l, int column, int most, int *spare)
{
	for (int i = 0; i < l->n; i++) {
		int more = most < *spare ? most : *spare;

		if (l->column[i] != column || more <= 0)
			continue;
		l->width[i] += more;
		*spare -= more;
		for (int k = i + 1; k < l->n; k++)
			l->x[k] += more;
	}
}

/* left: the first column behind those that stay. Returns whether column `must` has room. */
static bool lay_out(struct layout *l, int left, int cols, int must)
{
	bool shown = must < TOP_FIXED;
	int x = 0, spare;

	l->n = 0;
	for (int i = 0; i < TOP_FIXED; i++)
		x = take(l, i, x);
	for (int i = left; i < top_n_columns && x + COLUMN(i)->width <= cols; i++) {
		shown |= i == must;
		x = take(l, i, x);
	}
	spare = cols - x + 1;
	widen(l, COLUMN_PROCESS, 8, &spare);
	widen(l, COLUMN_PEER, 6, &spare);
	widen(l, top_n_columns - 1, 40, &spare);
	widen(l, COLUMN_PEER, 30, &spare);
	widen(l, top_n_columns - 1, 400, &spare);
	return shown;
}

/* Whether all columns from left on have room. */
static bool all_fit(int left, int cols)
{
	int x = -1;

	for (int i = 0; i < top_n_columns; i++)
		if (i < TOP_FIXED || i >= left)
			x += COLUMN(i)->width + 1;
	return x <= cols;
}

static void draw_titles(const struct layout *l, int sorted_by, int y)
{
	screen_str(y, 0, screen_cols(), LOOK_HEAD, "");
	for (int i = 0; i < l->n; i++) {
		const struct top_column *c = COLUMN(l->column[i]);
		enum look look = l->column[i] == sorted_by ? LOOK_BOLD : LOOK_HEAD;
		int n = strlen(c->title), x = l->x[i];

		screen_str(y, c->left ? x : x + l->width[i] - n, n, look, c->title);
	}
}

static enum look row_look(const struct top_row *r)
{
	if (r->refused || (r->rule && r->rule->severity == SEV_ERROR))
		return LOOK_BAD;
	if (r->rule && r->rule->severity == SEV_WARNING)
		return LOOK_WARN;
	return r->closed ? LOOK_DIM : LOOK_PLAIN;
}

static void draw_cell(const struct top_column *c, const struct top_row *r, uint64_t now,
		      struct buf *b, int width)
{
	if (c->draw)
		c->draw(b, r, now, width);
	else
		c->format(b, c->value(r, now));
}

/* b: scratch */
static void draw_row(const struct layout *l, const struct top_row *r, int y, bool selected,
		     uint64_t now, struct buf *b)
{
	enum look look = selected ? LOOK_SELECTED : row_look(r);

	screen_str(y, 0, screen_cols(), look, "");
	for (int i = 0; i < l->n; i++) {
		const struct top_column *c = COLUMN(l->column[i]);
		int width = l->width[i], used;

		b->len = 0;
		draw_cell(c, r, now, b, width);
		screen_fit(b->data ? b->data : "", b->len, width, &used);
		if (c->left)
			screen_put(y, l->x[i], width, look, b->data, b->len);
		else
			screen_put(y, l->x[i] + width - used, used, look, b->data, b->len);
	}
}

/* Has the selected line within those that are drawn. */
static void scroll(struct top_table *t)
{
	if (t->line < t->first)
		t->first = t->line;
	if (t->line >= t->first + t->page)
		t->first = t->line - t->page + 1;
	if (t->n <= t->page)
		t->first = 0;
}

/* The same for a column that must be seen; and none is out of sight for no reason. */
static void scroll_columns(struct top_table *t, struct layout *l)
{
	while (!lay_out(l, t->left, screen_cols(), t->must) && t->left != t->must)
		t->left = t->must < t->left ? t->must : t->left + 1;
	while (t->left > TOP_FIXED && all_fit(t->left - 1, screen_cols()))
		t->left--;
	lay_out(l, t->left, screen_cols(), t->must);
	t->must = 0;
}

void top_table__draw(struct top_table *t, int y, int height, uint64_t now)
{
	struct buf scratch = {};
	struct layout l;

	scroll(t);
	scroll_columns(t, &l);
	draw_titles(&l, t->column, y);
	t->page = height > 1 ? height - 1 : 1;
	for (int i = 0; i + 1 < height && t->first + i < t->n; i++) {
		const struct top_row *r = t->rows[t->first + i];

		draw_row(&l, r, y + 1 + i, r == t->selected, now, &scratch);
	}
	buf_free(&scratch);
}
