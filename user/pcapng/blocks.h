/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers of pcapng (draft-ietf-opsawg-pcapng) that its writer and its reader use. */
#ifndef PCAPNG_BLOCKS_H
#define PCAPNG_BLOCKS_H

/* bytes of a block around its body: type and length before it, length after it */
#define BLOCK_ENDS 12
#define BYTE_ORDER_MAGIC 0x1a2b3c4d

enum block {
	BLOCK_SHB = 0x0a0d0d0a, /* section header; the same in both byte orders */
	BLOCK_IDB = 1, /* interface description */
	BLOCK_PB = 2, /* packet, obsolete */
	BLOCK_SPB = 3, /* simple packet */
	BLOCK_ISB = 5, /* interface statistics */
	BLOCK_EPB = 6, /* enhanced packet */
};

enum option {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_HARDWARE = 2,
	SHB_OS = 3,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_TSOFFSET = 14,
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
};

/* Direction of a packet: the lowest two bits of EPB_FLAGS. */
enum pcapng_dir { PCAPNG_UNKNOWN, PCAPNG_IN, PCAPNG_OUT };

#endif
