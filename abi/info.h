/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition information page: what this partition holds, by name. Written by the tool, mapped
 * read-only in every partition at BH_INFO_IPA (one page or more). A native program looks its
 * capabilities, interrupts and windows up here, so that no number is typed twice.
 */
#ifndef ABI_INFO_H
#define ABI_INFO_H

#include <stdint.h>

#define BH_INFO_IPA   0x0a120000u /* at most 64 KiB */
#define BH_INFO_MAGIC 0x4f464e49u /* "INFO" */
#define BH_WINDOW_IPA 0x20000000u /* queue, server and log pages and ports' windows are mapped from here on, and shared memory ... */

/* ... but windows that find room here, within the 2 MiB of the information page: one translation table serves both. */
#define BH_WINDOW_NEAR_IPA 0x0a020000u
#define BH_WINDOW_NEAR_END 0x0a100000u

#define BH_NAME_BYTES 32u /* with the terminating zero */

enum bh_info_kind {
	BH_INFO_DEVICE = 1,    /* a device of the board: name = its node's label, or name; ipa, bytes, intid (0: none) */
	BH_INFO_SERVE = 2,     /* an emulated region served: name = the client; cap, ipa = queue page,
			       ipa2 = server pages, bytes = of the region, intid = doorbell, flags; peer = the
			       channel it carries (BH_INFO_PORT of that name is the server's end), or empty;
			       period_ns = a generic watchdog's: its client is to feed within so long; else 0 */
	BH_INFO_LOG = 3,       /* the kernel's health log (log.h), read-only: ipa, bytes, intid = doorbell (0: a monitor without `reads-log` has none) */
	BH_INFO_PARTITION = 4, /* name of partition number `cap` of the system, for messages about it, depth = its vCPUs;
				  given only to a partition that reads the log */
	BH_INFO_EMULATED = 5,  /* an emulated region this partition uses: name = the partition that answers there,
				 ipa, bytes, intid, flags (PL011, GWDT); peer = the channel it carries, or empty */
	BH_INFO_PORT = 6,      /* an end of a channel: name = the channel, peer = the partition at the other end, cap = port number,
				 intid = of its events (0: none), flags = BH_INFO_PORT_*, ipa = first slot (what is received; a
				 caller's replies) or 0, ipa2 = out buffer (what is sent; a server's replies) or 0, bytes = of
				 the largest message, reply_bytes, depth, period_ns = a sampling port's refresh period, 0: none */
	BH_INFO_SHARED = 7,    /* shared memory: name = the channel, ipa, bytes, flags = BH_INFO_SHARED_* */
	BH_INFO_CONTROL = 8,   /* control of a partition: name = that partition, cap, flags = BH_CONTROL_MAY_*; BH_CONTROL_MAY_INSPECT: ipa,
				  bytes = where its RAM appears, depth = its vCPUs, ipa2 = KiB to dump (~0: all, 0: none) */
	BH_INFO_SCHEDULE = 9,  /* it may change the mode: cap */
	BH_INFO_MODE = 10,     /* a mode: name, cap = its number; given to who may change it, who reads the trace, and a monitor */
	BH_INFO_TRACE = 11,    /* the trace rings (trace.h), read-only: ipa, bytes = of one core's, depth = cores;
				  its reader gets BH_INFO_PARTITION of all as well */
	BH_INFO_MONITOR = 12,  /* it sees what the system does: cap, intid = its doorbell, flags = BH_MONITOR_MAY_*, period_ns = a core that has
				  not come into the kernel for so long is lost; its holder gets BH_INFO_LOG, BH_INFO_PARTITION and BH_INFO_CHANNEL of all as well */
	BH_INFO_CHANNEL = 13,  /* a port of the system: name, cap = its number for BH_CALL_LOOK, flags = its kind, peer = the sender */
	BH_INFO_GRANT = 14,    /* who may ask the monitor to control whom: name = who asks, peer = whom, flags = BH_CONTROL_MAY_* */
};

#define BH_INFO_SERVE_FOCUS 0x1u /* this client has the keyboard at first */
#define BH_INFO_SERVE_PL011 0x2u /* the region is a PL011 */
#define BH_INFO_SERVE_GWDT  0x4u /* the region is a generic watchdog (gwdt.h) */

#define BH_INFO_PORT_KIND(flags) ((flags)&0xffu) /* enum bh_port_kind */
#define BH_INFO_PORT_SEND	 0x100u		 /* this is the sending (calling) end */
#define BH_INFO_PORT_DROP	 0x200u		 /* BH_PORT_DROP */
#define BH_INFO_PORT_KEEP	 0x400u		 /* BH_PORT_KEEP */

#define BH_INFO_SHARED_WRITE   0x1u /* this end may write */
#define BH_INFO_SHARED_CARRIED 0x2u /* the window of a channel that is carried (`bridge`), for its longer messages */

struct bh_info_entry {
	uint32_t kind;
	uint32_t cap;
	uint32_t intid;
	uint32_t flags;
	uint64_t ipa, ipa2;
	uint64_t bytes;
	uint32_t reply_bytes, depth;
	uint64_t period_ns;
	char name[BH_NAME_BYTES];
	char peer[BH_NAME_BYTES];
};

#define BH_INFO_DIRECT 0x1u /* its cores are dedicated: its interrupts come without the kernel */

struct bh_info {
	uint32_t magic;
	uint32_t abi_version;
	uint32_t n_entries;
	uint32_t n_vcpus;
	uint64_t ram_base, ram_bytes;
	uint32_t flags; /* BH_INFO_DIRECT */
	uint32_t reserved;
	char name[BH_NAME_BYTES]; /* of this partition */
	struct bh_info_entry entry[];
};

#endif
