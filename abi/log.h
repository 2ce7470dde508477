/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health log: fixed records that the kernel writes and one partition (the console service, or
 * a monitor) may read. One page or more of Normal memory, kernel writes, reader reads.
 *
 * next counts records ever begun. Record i stands in record[i % n]; its `sequence` is i + 1 once it
 * is whole, and 0 while it is being written. A reader that finds another sequence has been overtaken.
 */
#ifndef ABI_LOG_H
#define ABI_LOG_H

#include <stdint.h>

enum bh_event {
	BH_EVENT_START = 1,	 /* partition begins to load */
	BH_EVENT_RUN = 2,	 /* partition loaded and entered; value = entry */
	BH_EVENT_STOP = 3,	 /* partition stopped; value = enum bh_stop */
	BH_EVENT_ACCESS = 4,	 /* nothing declared at address; value = BH_ACCESS_* and bytes */
	BH_EVENT_PERMISSION = 5, /* declared, but not for this kind of access */
	BH_EVENT_SYSREG = 6,	 /* trapped register: address = ISS of the exception, value = EC */
	BH_EVENT_CALL = 7,	 /* refused call: address = function, value = status (bits 0-31), its first
				 argument (bits 32-63) */
	BH_EVENT_BOOT = 8,	 /* the boot stub failed: value = enum bh_boot_error, address = operation */
	BH_EVENT_SYNDROME = 9,	 /* access to an emulated region by an instruction without syndrome */
	BH_EVENT_SERVER = 10,	 /* access to an emulated region whose server does not run */
	BH_EVENT_SERROR = 11,	 /* asynchronous external abort; value = syndrome */
	BH_EVENT_OTHER = 12,	 /* an exception nothing is declared for; value = ESR_EL2 */
};

enum bh_stop {
	BH_STOP_OFF = 1,     /* it asked to be switched off */
	BH_STOP_RESET = 2,   /* it asked for a restart */
	BH_STOP_CPU_OFF = 3, /* its last vCPU switched itself off */
	BH_STOP_FAULT = 4,   /* by the health policy */
	BH_STOP_BOOT = 5,    /* it could not be loaded */
	BH_STOP_ORDER = 6,   /* a partition that controls it has ordered it */
};

/* value of BH_EVENT_ACCESS and _PERMISSION: bits 0-7 bytes (0: not known), then */
#define BH_ACCESS_WRITE	  0x100u
#define BH_ACCESS_FETCH	  0x200u
#define BH_ACCESS_NO_ADDR 0x400u /* address is not known */

struct bh_record {
	uint32_t sequence;
	uint16_t event; /* enum bh_event */
	uint8_t partition;
	uint8_t vcpu;
	uint64_t time;	  /* counter ticks */
	uint64_t pc;	  /* of the instruction, as the partition sees it; 0: none */
	uint64_t address; /* see the event */
	uint64_t value;	  /* see the event */
	uint32_t repeats; /* equal events of this partition not logged one by one since its last record */
	uint32_t reserved[3];
};

#define BH_LOG_MAGIC 0x31474f4cu /* "LOG1" */
#define BH_LOG_PAGES 2u

struct bh_log {
	uint32_t magic;
	uint32_t n; /* records in the ring */
	uint32_t next;
	uint32_t reserved[13];
	struct bh_record record[];
};

#endif
