/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PCAPNG_WIRESHARK_PORTS_H
#define PCAPNG_WIRESHARK_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/* Returns whether Wireshark hands this TCP port's data to another dissector than HTTP's. */
bool wireshark_takes_port(uint16_t port);

#endif
