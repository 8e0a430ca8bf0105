/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Escaping: the only ways in which bytes from the wire, or names of processes, may become text.
 * There is one for each destination: a terminal or a packet's comment, a page, a JSON string.
 */
#ifndef LIB_ESCAPE_H
#define LIB_ESCAPE_H

#include "lib/buf.h"

/*
 * Appends n bytes for a terminal, and for names and comments in pcapng. Printable UTF-8 stays as it
 * is but for the backslash, which is doubled. Anything that moves the cursor, breaks the line, is
 * invisible or changes the order of writing, and each byte that is not UTF-8, becomes \n, \r, \t or
 * \xNN.
 */
void buf_escaped(struct buf *b, const char *p, size_t n);

/*
 * Appends n bytes for HTML, as text between tags or as a value between quotes: as buf_escaped(),
 * with & < > " ' as entities.
 */
void buf_html(struct buf *b, const char *p, size_t n);

/*
 * Appends n bytes as the inside of a JSON string (RFC 8259), without its quotes. A byte that is not
 * UTF-8 becomes U+FFFD. Characters above U+007F stay as they are, invisible ones too; only U+2028
 * and U+2029, which end a line in JavaScript, are written \uNNNN as C0 controls and DEL are.
 */
void buf_json(struct buf *b, const char *p, size_t n);

/*
 * Decodes the UTF-8 sequence (RFC 3629) at p, of which n bytes may be read. Sets *code to the code
 * point and returns the sequence's length in bytes. Returns 0 where the bytes are no sequence: cut,
 * overlong, a surrogate, or above U+10FFFF.
 */
size_t utf8_next(const char *p, size_t n, uint32_t *code);

/* Returns whether all n bytes are UTF-8. */
bool utf8_valid(const char *p, size_t n);

#endif
