// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* wcwidth() */
#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#include "lib/buf.h"
#include "lib/escape.h"
#include "top/screen.h"

#define ESC_MS 50 /* an Esc that nothing follows for so long is the key */

static SCREEN *screen;
static bool utf8;
static struct termios before;
static attr_t looks[LOOKS];

/* What gives the terminal back, for a signal handler: made in advance. */
static char farewell[256];
static volatile sig_atomic_t farewell_len;

static volatile sig_atomic_t sending, closing;

#define STUCK_US 200000 /* how often a terminal that takes nothing is looked at */

static bool (*is_ending)(void *ctx);
static void *ending_ctx;

static const int deadly[] = { SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

const char *screen__unusable(void)
{
	int err;

	if (!isatty(STDOUT_FILENO))
		return "standard output is no terminal: leave out the redirection, or --top";
	if (!isatty(STDIN_FILENO))
		return "standard input is no terminal, from which the keys would come";
	if (setupterm(NULL, STDOUT_FILENO, &err) != OK)
		return "the terminal's kind is not known: set TERM, to xterm or vt100 perhaps";
	if (!cursor_address)
		return "this terminal (TERM) cannot move its cursor: set TERM to what it really is";
	return NULL;
}

static int keep(int c)
{
	if (farewell_len < (int)sizeof(farewell))
		farewell[farewell_len++] = c;
	return c;
}

static void prepare_farewell(void)
{
	const char *const strings[] = { exit_attribute_mode, keypad_local, cursor_normal,
					exit_ca_mode };

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (strings[i])
			tputs(strings[i], 1, keep);
	keep('\r');
	keep('\n');
}

static void on_deadly(int sig)
{
	ssize_t n;

	signal(SIGTTOU, SIG_IGN);
	n = write(STDOUT_FILENO, farewell, farewell_len);
	(void)n;
	tcsetattr(STDOUT_FILENO, TCSANOW, &before);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_deadly(void)
{
	struct sigaction action = { .sa_handler = on_deadly, .sa_flags = SA_RESETHAND }, old;

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (!sigaction(deadly[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
}

static void release_deadly(void)
{
	struct sigaction old;

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (!sigaction(deadly[i], NULL, &old) && old.sa_handler == on_deadly)
			signal(deadly[i], SIG_DFL);
}

static void choose_looks(void)
{
	static const struct {
		enum look look;
		short colour;
	} colours[] = { { LOOK_GOOD, COLOR_GREEN },
			{ LOOK_WARN, COLOR_YELLOW },
			{ LOOK_BAD, COLOR_RED } };

	looks[LOOK_BOLD] = looks[LOOK_WARN] = looks[LOOK_BAD] = A_BOLD;
	looks[LOOK_DIM] = A_DIM;
	looks[LOOK_HEAD] = looks[LOOK_SELECTED] = A_REVERSE;
	if (!has_colors() || getenv("NO_COLOR"))
		return;
	start_color();
	use_default_colors();
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		init_pair(i + 1, colours[i].colour, -1);
		looks[colours[i].look] |= COLOR_PAIR(i + 1);
	}
}

/* Ends what Ctrl-S began: TCOON alone only ends what TCOOFF began. */
static void let_go(void)
{
	tcflow(STDOUT_FILENO, TCOOFF);
	tcflow(STDOUT_FILENO, TCOON);
}

/* A terminal that is held, or that nobody reads, takes nothing; curses would wait for ever. */
static void on_alarm(int sig)
{
	(void)sig;
	if (closing || is_ending(ending_ctx))
		screen__interrupt();
}

static void watch(long us)
{
	struct sigaction action = { .sa_handler = us ? on_alarm : SIG_DFL, .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, us }, { 0, us } };

	if (us)
		sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	if (!us)
		sigaction(SIGALRM, &action, NULL);
}

int screen__open(bool (*ending)(void *ctx), void *ctx)
{
	is_ending = ending;
	ending_ctx = ctx;
	setlocale(LC_CTYPE, "");
	utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	tcgetattr(STDOUT_FILENO, &before);
	/* It may be held before the first byte of curses. */
	watch(STUCK_US);
	sending = 1;
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		sending = 0;
		watch(0);
		return -ENODEV;
	}
	prepare_farewell();
	catch_deadly();
	atexit(screen__close);
	set_escdelay(ESC_MS);
	cbreak();
	noecho();
	nonl(); /* Enter is \r: tells it from ^J, which some terminals send for nothing else */
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	choose_looks();
	sending = 0;
	return 0;
}

void screen__close(void)
{
	if (!screen)
		return;
	release_deadly();
	/* Nobody presses Ctrl-Q any more, and where nobody reads curses would wait for ever. */
	let_go();
	closing = sending = 1;
	if (screen_writable())
		endwin();
	else
		tcsetattr(STDOUT_FILENO, TCSANOW, &before);
	closing = sending = 0;
	watch(0);
	delscreen(screen);
	screen = NULL;
}

int screen_rows(void)
{
	return LINES;
}

int screen_cols(void)
{
	return COLS;
}

bool screen_writable(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

bool screen_gone(void)
{
	struct pollfd p = { .fd = STDIN_FILENO };

	return poll(&p, 1, 0) == 1 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

uint32_t screen_key(void)
{
	static const struct {
		wint_t theirs;
		uint32_t ours;
	} keys[] = {
		{ KEY_UP, SK_UP },
		{ KEY_DOWN, SK_DOWN },
		{ KEY_LEFT, SK_LEFT },
		{ KEY_RIGHT, SK_RIGHT },
		{ KEY_PPAGE, SK_PAGE_UP },
		{ KEY_NPAGE, SK_PAGE_DOWN },
		{ KEY_HOME, SK_HOME },
		{ KEY_END, SK_END },
		{ KEY_FIND, SK_HOME },
		{ KEY_SELECT, SK_END },
		{ KEY_A1, SK_HOME },
		{ KEY_C1, SK_END },
		{ KEY_A3, SK_PAGE_UP },
		{ KEY_C3, SK_PAGE_DOWN },
		{ KEY_BACKSPACE, SK_BACKSPACE },
		{ KEY_DC, SK_BACKSPACE },
		{ KEY_ENTER, SK_ENTER },
		{ KEY_RESIZE, SK_RESIZE },
	};
	wint_t c;
	int kind;

	sending = 1; /* what has not been sent yet, get_wch() sends */
	kind = get_wch(&c);
	sending = 0;
	if (kind == ERR)
		return SK_NONE;
	if (kind == OK)
		return c == '\r' || c == '\n' ? SK_ENTER :
		       c == 127 || c == 8     ? SK_BACKSPACE :
		       c == '\t'	      ? SK_TAB :
		       c		      ? (uint32_t)c :
						1;
	if (c >= (wint_t)KEY_F(1) && c <= (wint_t)KEY_F(12))
		return SK_F + (c - KEY_F0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].theirs == c)
			return keys[i].ours;
	return 1; /* some key, without a meaning here */
}

void screen_begin(void)
{
	erase();
}

void screen_end(void)
{
	sending = 1;
	refresh();
	sending = 0;
}

void screen__interrupt(void)
{
	if (!sending)
		return;
	let_go();
	tcflush(STDOUT_FILENO, TCOFLUSH);
}

void screen_repaint(void)
{
	clearok(curscr, TRUE);
}

/* Decodes a character at text. Returns its bytes; *w: what to show; *taken: 1 or 2. */
static size_t character(const char *text, size_t n, wchar_t *w, int *taken)
{
	uint32_t code;
	size_t len = utf8_next(text, n, &code);

	*w = code;
	*taken = len && (code < 0x80 || utf8) ? wcwidth(code) : -1;
	if (*taken < 1) {
		*w = '?';
		*taken = 1;
	}
	return len ? len : 1;
}

size_t screen_fit(const char *text, size_t n, int width, int *used)
{
	size_t at = 0;
	int taken;
	wchar_t w;

	for (*used = 0; at < n; *used += taken) {
		size_t len = character(text + at, n - at, &w, &taken);

		if (*used + taken > width)
			break;
		at += len;
	}
	return at;
}

void screen_put(int y, int x, int width, enum look look, const char *text, size_t n)
{
	wchar_t cells[512];
	int used = 0, k = 0, taken;

	if (width > COLS - x)
		width = COLS - x;
	if (width > 511)
		width = 511;
	if (y < 0 || y >= LINES || width <= 0)
		return;
	while (n) {
		size_t len = character(text, n, &cells[k], &taken);

		if (used + taken > width)
			break;
		used += taken;
		k++;
		text += len;
		n -= len;
	}
	while (used++ < width)
		cells[k++] = ' ';
	attrset(looks[look]);
	mvaddnwstr(y, x, cells, k);
	attrset(A_NORMAL);
}

void screen_str(int y, int x, int width, enum look look, const char *text)
{
	screen_put(y, x, width, look, text, strlen(text));
}
