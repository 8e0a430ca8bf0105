/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences for people, escaped for a terminal, and folded where they are longer than its lines. */
#ifndef OUT_PROSE_H
#define OUT_PROSE_H

#include "lib/buf.h"

/*
 * Appends n bytes of text. column: where it begins; indent: blanks in front of further lines.
 * width: columns of a line; 0: it is not folded.
 */
void prose(struct buf *b, const char *text, size_t n, size_t column, size_t indent, size_t width);

/*
 * Appends a fix below indent blanks, with '\n' at its end: "fix: " and its sentence, and each line
 * for a configuration as a line of its own, never folded, so that it can be copied.
 */
void prose_fix(struct buf *b, const char *fix, size_t indent, size_t width);

#endif
