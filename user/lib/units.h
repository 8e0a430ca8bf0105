/* SPDX-License-Identifier: GPL-2.0-only */
/* Units of time. */
#ifndef LIB_UNITS_H
#define LIB_UNITS_H

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_SEC 1000000000ULL

#endif
