/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal as a grid of cells, and its keys. Only screen.c knows curses. */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum look {
	LOOK_PLAIN,
	LOOK_BOLD,
	LOOK_DIM,
	LOOK_HEAD, /* a bar across the screen */
	LOOK_SELECTED,
	LOOK_GOOD,
	LOOK_WARN,
	LOOK_BAD,
	LOOKS
};

/* Keys that are no character; those are Unicode code points, controls included. */
enum {
	SK_NONE = 0,
	SK_ENTER = '\n',
	SK_ESC = 27,
	SK_UP = 0x110000,
	SK_DOWN,
	SK_LEFT,
	SK_RIGHT,
	SK_PAGE_UP,
	SK_PAGE_DOWN,
	SK_HOME,
	SK_END,
	SK_BACKSPACE,
	SK_TAB,
	SK_RESIZE,
	SK_F, /* SK_F + 1: F1 */
};

#define SK_CTRL(letter) ((letter) - '@') /* with a capital letter */

/* Why a screen cannot be had: a sentence in static memory; NULL where it can. */
const char *screen__unusable(void);

/*
 * Takes the terminal over. It is given back by screen__close(), by exit(), and by signals that kill
 * the process, SIGKILL excepted. ending says whether it is time to end, and is asked in a signal's
 * handler: what the terminal has not taken is given up then. Returns 0 or -errno.
 */
int screen__open(bool (*ending)(void *ctx), void *ctx);
void screen__close(void);

/* For the handler of a signal to end: gives up what screen_end() may be sending without end. */
void screen__interrupt(void);

int screen_rows(void);
int screen_cols(void);

/*
 * Whether the terminal takes output now: a stopped one must not hold up the ring buffer's reader.
 */
bool screen_writable(void);

/* Whether there is nobody any more to look at it. */
bool screen_gone(void);

/* The next key; SK_NONE where none has been pressed. Does not wait. */
uint32_t screen_key(void);

/* Between these two everything is drawn anew; only what changed is sent to the terminal. */
void screen_begin(void);
void screen_end(void);

/* Has the next screen_end() send everything. */
void screen_repaint(void);

/*
 * Puts n bytes of UTF-8 into a field of width columns: cut, or filled up with blanks. Characters
 * that the terminal cannot show, or that could move the cursor, become '?'.
 */
void screen_put(int y, int x, int width, enum look look, const char *text, size_t n);
void screen_str(int y, int x, int width, enum look look, const char *text);

/* How many of n bytes fit into width columns; *used: the columns that they take. */
size_t screen_fit(const char *text, size_t n, int width, int *used);

#endif
