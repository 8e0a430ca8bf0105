/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of the table: what each shows, and how rows are sorted by it. */
#ifndef TOP_COLUMNS_H
#define TOP_COLUMNS_H

#include "top/rows.h"

/* Sorted downwards by value(), or upwards by compare(): the other one is NULL. */
struct top_column {
	const char *title;
	char letter; /* key that sorts by it */
	int width;
	bool left; /* drawn from the left on; else to the right */
	const char *help;
	double (*value)(const struct top_row *r, uint64_t now);
	int (*compare)(const struct top_row *a, const struct top_row *b);

	/* Appends the cell. NULL: format() does, of value(). What is wider than width is cut. */
	void (*draw)(struct buf *b, const struct top_row *r, uint64_t now, int width);
	void (*format)(struct buf *b, double value);
};

/* The last one takes what is left of the line. */
extern const struct top_column top_columns[];
extern const int top_n_columns;

#define TOP_COLUMNS_MAX 16

#define TOP_FIXED 2 /* columns that stay where they are, whatever is scrolled */

/* Numbers in five columns. */
void top_count(struct buf *b, double n);
void top_bytes(struct buf *b, double bytes);

#endif
