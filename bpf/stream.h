/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One direction of a connection: what is known of it, and how its next bytes change that. Pure, as
 * ws_frame.h is: the kernel walks through the bytes of calls with it, the reader of captures
 * through those of segments. Reading bytes and sending records is left to each of the two.
 */
#ifndef STREAM_H
#define STREAM_H

#include "stream_count.h"
#include "stream_join.h"
#include "direction.h"

#endif
