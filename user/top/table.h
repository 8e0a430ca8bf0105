/* SPDX-License-Identifier: GPL-2.0-only */
/* The table: the rows that pass the filter, sorted, and where in them the user is. */
#ifndef TOP_TABLE_H
#define TOP_TABLE_H

#include "top/columns.h"

struct top_table {
	struct top_row **rows; /* the array is the table's, the rows are not */
	uint32_t n;
	int column; /* sorted by */
	bool reverse;
	char filter[64]; /* UTF-8; "": all, "!": those with a mark */

	struct top_row *selected; /* NULL: there is none */
	bool pinned; /* the user went to a row: the selection stays with that connection */
	uint32_t line; /* the selected one */
	uint32_t first, page; /* line at the top of the screen, lines that it has room for */

	int left; /* first column that is drawn of those that do not stay */
	int must; /* column to be brought into sight; 0: none */
};

/* Sorted by messages a second. */
void top_table__init(struct top_table *t);

/* Frees what is in it. */
void top_table__free(struct top_table *t);

/* Takes no row for granted any more: some of them have been freed. */
void top_table__clear(struct top_table *t);

/* Sorts and filters all rows anew. Of those before, which may be gone, only selected is looked at.
 */
void top_table__arrange(struct top_table *t, const struct top_rows *rows, uint64_t now);

/* Draws lines from y on, the titles first. */
void top_table__draw(struct top_table *t, int y, int height, uint64_t now);

/* Selects a line; what is out of bounds becomes the first or the last one. */
void top_table__move(struct top_table *t, int64_t line);

/* Goes back to the first line, whichever row that will be. */
void top_table__rewind(struct top_table *t);

/* Has the next arrangement sort by a column, which comes into sight. */
void top_table__sort(struct top_table *t, int column);

#endif
