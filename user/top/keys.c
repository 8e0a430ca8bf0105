// SPDX-License-Identifier: GPL-2.0-only
/* What the keys do. */
#include <string.h>
#include "top/screen.h"
#include "top/top.h"

static void sort_by(struct top *t, int column)
{
	top_table__sort(&t->table, column);
	top_renew(t);
}

/* Returns whether key is a column's letter. */
static bool sort_letter(struct top *t, uint32_t key)
{
	for (int i = 0; i < top_n_columns; i++) {
		if ((uint32_t)top_columns[i].letter == key) {
			sort_by(t, i);
			return true;
		}
	}
	return false;
}

void top_leave_one(struct top *t)
{
	if (t->mode == MODE_ONE)
		t->mode = MODE_TABLE;
	if (t->below_help == MODE_ONE)
		t->below_help = MODE_TABLE;
	top_one__free(t->one);
	t->one = NULL;
	top_renew(t);
}

/* Keys that mean the same in the table and in a connection. Returns whether it was one. */
static bool common_key(struct top *t, uint32_t key, uint64_t now)
{
	if (key == '?' || key == 'h' || key == SK_F + 1) {
		t->below_help = t->mode;
		t->mode = MODE_HELP;
	} else if (key == 'p') {
		t->paused = !t->paused;
		t->paused_at = now;
		t->stale = true;
	} else if (key == SK_CTRL('L')) {
		screen_repaint();
	} else if (key == SK_F + 10) {
		t->quit = true;
	} else {
		return false;
	}
	return true;
}

/* Keys that move in the table. Returns whether it was one. */
static bool move_key(struct top_table *table, uint32_t key)
{
	if (key == SK_UP || key == 'k')
		top_table__move(table, (int64_t)table->line - 1);
	else if (key == SK_DOWN || key == 'j')
		top_table__move(table, (int64_t)table->line + 1);
	else if (key == SK_PAGE_UP)
		top_table__move(table, (int64_t)table->line - table->page);
	else if (key == SK_PAGE_DOWN || key == ' ')
		top_table__move(table, (int64_t)table->line + table->page);
	else if (key == SK_HOME)
		top_table__move(table, 0);
	else if (key == SK_END)
		top_table__move(table, INT64_MAX);
	else if (key == SK_LEFT)
		table->left -= table->left > TOP_FIXED;
	else if (key == SK_RIGHT)
		table->left += table->left < top_n_columns - 1;
	else
		return false;
	return true;
}

static void open_one(struct top *t)
{
	t->one = top_one__new(t->table.selected);
	if (t->one)
		t->mode = MODE_ONE;
}

static void table_key(struct top *t, uint32_t key, uint64_t now)
{
	struct top_table *table = &t->table;
	int n = top_n_columns;

	if (move_key(table, key) || common_key(t, key, now) || sort_letter(t, key))
		return;
	if (key == SK_ENTER && table->selected) {
		open_one(t);
	} else if (key == '<' || key == ',') {
		sort_by(t, (table->column + n - 1) % n);
	} else if (key == '>' || key == '.') {
		sort_by(t, (table->column + 1) % n);
	} else if (key == SK_F + 6) {
		t->choice = table->column;
		t->mode = MODE_SORT;
	} else if (key == 'r' || key == 'R' || key == 'I') {
		table->reverse = !table->reverse;
		top_renew(t);
	} else if (key == '/' || key == SK_F + 4) {
		t->mode = MODE_FILTER;
	} else if (key == SK_ESC && *table->filter) {
		*table->filter = 0;
		top_renew(t);
	} else if (key == 'q') {
		t->quit = true;
	}
}

static void one_key(struct top *t, uint32_t key, uint64_t now)
{
	if (key == SK_ESC || key == 'q' || key == SK_BACKSPACE)
		top_leave_one(t);
	else if (!common_key(t, key, now))
		top_one__key(t->one, key);
}

static void menu_key(struct top *t, uint32_t key)
{
	if (key == SK_UP || key == 'k') {
		t->choice -= t->choice > 0;
		return;
	}
	if (key == SK_DOWN || key == 'j') {
		t->choice += t->choice < top_n_columns - 1;
		return;
	}
	t->mode = MODE_TABLE;
	if (key == SK_ENTER)
		sort_by(t, t->choice);
	else
		sort_letter(t, key);
}

/* Appends a character that a key stands for, where that can be seen and has room. */
static void add_char(char *text, size_t size, uint32_t key)
{
	size_t n = strlen(text);
	char utf8[4];
	int len = 0;

	if (key >= 0x20 && key < 0x80) {
		utf8[len++] = key;
	} else if (key >= 0xa0 && key < 0x800) {
		utf8[len++] = 0xc0 | key >> 6;
		utf8[len++] = 0x80 | (key & 0x3f);
	} else if (key >= 0x800 && key < 0x10000) {
		utf8[len++] = 0xe0 | key >> 12;
		utf8[len++] = 0x80 | (key >> 6 & 0x3f);
		utf8[len++] = 0x80 | (key & 0x3f);
	}
	if (n + len < size) {
		memcpy(text + n, utf8, len);
		text[n + len] = 0;
	}
}

static void drop_char(char *text)
{
	size_t n = strlen(text);

	while (n && (text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n ? n - 1 : 0] = 0;
}

static void filter_key(struct top *t, uint32_t key)
{
	char *filter = t->table.filter;

	if (key == SK_ENTER || key == SK_ESC)
		t->mode = MODE_TABLE;
	if (key == SK_ESC || key == SK_CTRL('U'))
		*filter = 0;
	else if (key == SK_BACKSPACE)
		drop_char(filter);
	else
		add_char(filter, sizeof(t->table.filter), key);
	top_table__rewind(&t->table);
	top_renew(t);
}

void top_key(struct top *t, uint32_t key, uint64_t now)
{
	t->key_pressed = true;
	if (key == SK_RESIZE)
		return;
	switch (t->mode) {
	case MODE_TABLE:
		table_key(t, key, now);
		break;
	case MODE_ONE:
		one_key(t, key, now);
		break;
	case MODE_HELP:
		t->mode = t->below_help;
		break;
	case MODE_SORT:
		menu_key(t, key);
		break;
	case MODE_FILTER:
		filter_key(t, key);
		break;
	}
}
