/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PCAPNG_WIRESHARK_PORTS_H
#define PCAPNG_WIRESHARK_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Tells the user how to read the file if Wireshark hands the data of one of these TCP ports to
 * another dissector than HTTP's. Returns whether it does.
 */
bool wireshark_hint(uint16_t lport, uint16_t rport);

#endif
