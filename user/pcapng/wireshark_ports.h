/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PCAPNG_WIRESHARK_PORTS_H
#define PCAPNG_WIRESHARK_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether Wireshark gives what is said on this TCP port to another dissector than HTTP's. */
bool port_is_taken(uint16_t port);

#endif
