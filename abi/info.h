/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition information page: what this partition holds, by name. Written by the tool, mapped
 * read-only in every partition at BH_INFO_IPA (one page or more). A native program looks its
 * capabilities, interrupts and windows up here, so that no number is typed twice.
 */
#ifndef ABI_INFO_H
#define ABI_INFO_H

#include <stdint.h>

#define BH_INFO_IPA   0x0e020000u /* at most 64 KiB */
#define BH_INFO_MAGIC 0x4f464e49u /* "INFO" */
#define BH_WINDOW_IPA 0x20000000u /* queue, server and log pages are mapped from here on */

#define BH_NAME_BYTES 32u /* with the terminating zero */

enum bh_info_kind {
	BH_INFO_DEVICE = 1,    /* a device of the board: name = its node's label, or name; ipa, bytes, intid (0: none) */
	BH_INFO_SERVE = 2,     /* an emulated region served: name = the client; cap, ipa = queue page,
			       ipa2 = server pages, bytes = of the region, intid = doorbell, flags, colour */
	BH_INFO_LOG = 3,       /* the kernel's health log (log.h), read-only: ipa, bytes, intid = doorbell */
	BH_INFO_PARTITION = 4, /* name of partition number `cap` of the system, for messages about it;
				  given only to a partition that reads the log */
	BH_INFO_EMULATED = 5,  /* an emulated region this partition uses: name = the partition that answers there,
				 ipa, bytes, intid, flags (PL011) */
};

#define BH_INFO_SERVE_FOCUS 0x1u /* this client has the keyboard at first */
#define BH_INFO_SERVE_PL011 0x2u /* the region is a PL011 */

struct bh_info_entry {
	uint32_t kind;
	uint32_t cap;
	uint32_t intid;
	uint32_t flags;
	uint64_t ipa, ipa2;
	uint64_t bytes;
	char name[BH_NAME_BYTES];
};

struct bh_info {
	uint32_t magic;
	uint32_t abi_version;
	uint32_t n_entries;
	uint32_t n_vcpus;
	uint64_t ram_base, ram_bytes;
	char name[BH_NAME_BYTES]; /* of this partition */
	struct bh_info_entry entry[];
};

#endif
