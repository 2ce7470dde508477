/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health log: fixed records that the kernel writes; who reads the log (the console service), and a monitor, may read it.
 * Normal memory, kernel writes, readers read. It is as old as the system: no partition's restart changes it.
 *
 * Every partition has a ring of its own, so none can push out what another's says: ring r (partition r) is record[r * n] and on.
 * next[r] counts records ever begun there. Record i stands at i % n; its `sequence` is i + 1 once it is
 * whole, and 0 while it is being written. A reader that finds another sequence has been overtaken.
 *
 * A partition may leave so many records (BH_LOG_BURST) at once, then one every log_pace_ns (blob.h); what is more is only
 * counted, in the next record's `repeats`. For how it ends (BH_EVENT_STOP, _LIMIT) BH_LOG_RESERVE more are kept free.
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
	BH_EVENT_WATCHDOG = 13,	 /* value = 0: not fed in time; 1: too early */
	BH_EVENT_DEADLINE = 14,	 /* value = ticks late; address = the deadline */
	BH_EVENT_BUDGET = 15,	 /* used up */
	BH_EVENT_PANIC = 16,	 /* it says so itself; value = what it gives */
	BH_EVENT_SILENT = 17,	 /* as a server: address = client partition, value = ticks that it was waited for */
	BH_EVENT_LIMIT = 18,	 /* too many restarts; value = how many were allowed, address = in how many ns */
	BH_EVENT_MODE = 19,	 /* the mode is changed on its account; value = number of the mode */
};

enum bh_stop {
	BH_STOP_OFF = 1,     /* it asked to be switched off */
	BH_STOP_RESET = 2,   /* it asked for a restart */
	BH_STOP_CPU_OFF = 3, /* its last vCPU switched itself off */
	BH_STOP_FAULT = 4,   /* by the health policy */
	BH_STOP_BOOT = 5,    /* it could not be loaded */
	BH_STOP_ORDER = 6,   /* a partition that controls it has ordered it */
};

/* value of BH_EVENT_STOP: enum bh_stop; BH_STOP_FAULT: | enum bh_fault << 8. And, in any case, what comes then: */
#define BH_STOP_THEN_RESTART 0x10000u
#define BH_STOP_THEN_WARM    0x20000u

/* value of BH_EVENT_ACCESS and _PERMISSION: bits 0-7 bytes (0: not known), then */
#define BH_ACCESS_WRITE	  0x100u
#define BH_ACCESS_FETCH	  0x200u
#define BH_ACCESS_NO_ADDR 0x400u /* address is not known */

struct bh_record {
	uint32_t sequence;
	uint16_t event; /* enum bh_event */
	uint8_t partition;
	uint8_t vcpu;
	uint64_t time;	    /* counter ticks */
	uint64_t pc;	    /* of the instruction, as the partition sees it; 0: none */
	uint64_t address;   /* see the event */
	uint64_t value;	    /* see the event */
	uint32_t repeats;   /* events of this partition not written since its last record: equal ones, or more than it may leave */
	uint32_t near_kind; /* enum bh_region_kind of what is declared nearest to a refused address, or 0 */
	uint64_t near;	    /* where that begins */
};

#define BH_LOG_MAGIC   0x32474f4cu /* "LOG2" */
#define BH_LOG_RECORDS 32u
#define BH_LOG_BURST   32u
#define BH_LOG_RESERVE 4u
#define BH_LOG_PACE_NS 10000000u /* unless the description says otherwise */

struct bh_log {
	uint32_t magic;
	uint32_t n; /* records in a ring */
	uint32_t rings;
	uint32_t reserved[13];
	uint32_t next[32]; /* by ring */
	struct bh_record record[];
};

/* The first page of a log of so many partitions, and those behind it: */
static inline uint32_t bh_log_bytes(uint32_t partitions)
{
	uint32_t bytes = (uint32_t)(sizeof(struct bh_log) + partitions * BH_LOG_RECORDS * sizeof(struct bh_record));

	return (bytes + 4095u) & ~4095u;
}

#endif
