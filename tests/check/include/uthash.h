/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model of uthash for static analysers, which lose their way in the real macros: each call goes to
 * a function that they know nothing about. Never compiled into a program.
 */
#ifndef UTHASH_H
#define UTHASH_H

#include <stddef.h>

typedef struct {
	void *tbl, *prev, *next;
} UT_hash_handle;

void *uthash_any(void *head, ...);

#define HASH_FIND(hh, head, key, len, out) ((out) = uthash_any(head, key, (size_t)(len)))
#define HASH_FIND_BYHASHVALUE(hh, head, key, len, hash, out) \
	((out) = uthash_any(head, key, (size_t)(len), hash))
#define HASH_FIND_STR(head, key, out) ((out) = uthash_any(head, key))
#define HASH_FIND_INT(head, key, out) ((out) = uthash_any(head, key))
#define HASH_ADD(hh, head, field, len, el) ((head) = uthash_any(head, el))
#define HASH_ADD_BYHASHVALUE(hh, head, field, len, hash, el) ((head) = uthash_any(head, el, hash))
#define HASH_ADD_KEYPTR(hh, head, key, len, el) ((head) = uthash_any(head, el, key))
#define HASH_ADD_KEYPTR_BYHASHVALUE(hh, head, key, len, hash, el) \
	((head) = uthash_any(head, el, key, hash))
#define HASH_ADD_STR(head, field, el) ((head) = uthash_any(head, el))
#define HASH_ADD_INT(head, field, el) ((head) = uthash_any(head, el))
#define HASH_DELETE(hh, head, el) ((head) = uthash_any(head, el))
#define HASH_DEL(head, el) ((head) = uthash_any(head, el))
#define HASH_CLEAR(hh, head) ((head) = NULL)
#define HASH_SORT(head, by) ((head) = uthash_any(head, by))
#define HASH_COUNT(head) ((unsigned int)(size_t)uthash_any(head))
#define HASH_ITER(hh, head, el, tmp)                                                     \
	for ((el) = uthash_any(head), (tmp) = NULL; (el) && ((tmp) = uthash_any(el), 1); \
	     (el) = (tmp))

#endif
