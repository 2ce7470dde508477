/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a partition may ask the monitor service, over a call channel: a struct bh_monitor_request, and its reply. The channel's `bytes`
 * is at least BH_MONITOR_REQUEST_BYTES, its `reply-bytes` BH_MONITOR_REPLY_MIN or more: what does not fit one reply is asked for
 * from where that ended. Anyone with such a channel may look; who may order what is a matter of the description (BH_INFO_GRANT).
 *
 * Where crash dumps lie, and how they are found from outside of the machine: struct bh_monitor_store.
 */
#ifndef ABI_MONITOR_H
#define ABI_MONITOR_H

#include <stdint.h>

#include "abi/info.h"

#define BH_MONITOR_VERSION	 1u
#define BH_MONITOR_REQUEST_BYTES ((uint32_t)sizeof(struct bh_monitor_request))
#define BH_MONITOR_REPLY_MIN	 512u /* the head and any one entry */

enum bh_monitor_op {
	BH_MONITOR_SYSTEM = 1,	   /* -> one struct bh_monitor_system */
	BH_MONITOR_PARTITIONS = 2, /* -> struct bh_monitor_partition, from number `first` on */
	BH_MONITOR_PORTS = 3,	   /* -> struct bh_monitor_port, likewise */
	BH_MONITOR_CORES = 4,	   /* -> struct bh_monitor_core, likewise */
	BH_MONITOR_LOG = 5,	   /* -> struct bh_monitor_record of partition `name`'s ring, from sequence `first` (0: the oldest there is) on */
	BH_MONITOR_DUMPS = 6,	   /* -> struct bh_monitor_dump, from the `first` on, oldest first */

	/* Orders to partition `name`; the reply has no entry. As BH_CALL_CONTROL: it has been ordered, not done, when BH_OK comes. */
	BH_MONITOR_START = 7,
	BH_MONITOR_STOP = 8,
	BH_MONITOR_RESTART = 9,
	BH_MONITOR_FEED = 10, /* its watchdog */
};

struct bh_monitor_request {
	uint32_t version; /* BH_MONITOR_VERSION */
	uint32_t op;	  /* enum bh_monitor_op */
	uint32_t first;
	uint32_t reserved; /* 0 */
	char name[BH_NAME_BYTES];
};

/*
 * Begins each reply. `status`:
 *   BH_OK
 *   BH_E_UNKNOWN  there is no such op, or the request is of another version or too short; `version` is the monitor's
 *   BH_E_ARG      there is no partition of that name
 *   BH_E_RIGHT    the description does not grant this to who asks
 *   BH_E_CAP      it grants it, but the monitor itself does not control that partition
 *   BH_E_STATE    as of BH_CALL_CONTROL: it is not in a state in which that could be done
 */
struct bh_monitor_reply {
	uint32_t version;
	int32_t status;
	uint32_t total; /* how many there are; LOG: the sequence that the ring's next record will have */
	uint32_t first; /* number of the first entry here; LOG: its sequence, which is later than asked for where older ones are overwritten */
	uint32_t n;	/* entries that follow; fewer than there are: ask again from first + n on */
	uint32_t entry_bytes;
	uint64_t time; /* ticks, when it was made */
	uint64_t ticks_per_s;
};

struct bh_monitor_system {
	char name[BH_NAME_BYTES]; /* of who asks */
	uint64_t epoch;		  /* ticks */
	uint64_t directory_ipa;	  /* struct bh_monitor_store, in the monitor */
	uint64_t store_bytes;	  /* room for dumps */
	char mode[BH_NAME_BYTES]; /* in force */
	uint32_t partitions, ports, cores, reserved;
};

/* Shares are of one core over about the last second, in thousandths: two vCPUs on two cores can have 2000. */
struct bh_monitor_partition {
	char name[BH_NAME_BYTES];
	uint32_t run; /* enum bh_run_state */
	uint32_t vcpus;
	uint32_t share;
	uint32_t ends;	     /* times it has ended */
	uint32_t restarts;   /* by its policy */
	uint32_t faults;     /* but for those that are ignored */
	uint32_t last_fault; /* enum bh_fault, or ~0: none yet */
	uint32_t may;	     /* BH_CONTROL_MAY_*: what who asks may order */
	uint64_t fault_time; /* ticks */
	uint64_t cpu_ticks;  /* of its vCPUs since boot */
};

struct bh_monitor_port {
	char name[BH_NAME_BYTES];
	char sender[BH_NAME_BYTES];
	uint32_t kind; /* enum bh_port_kind */
	uint32_t waiting, depth, dropped;
};

struct bh_monitor_core {
	uint32_t number;
	uint32_t vcpus;	     /* bound to it */
	uint32_t idle_share; /* thousandths, over about the last second */
	uint32_t reserved;
	uint64_t silent; /* ticks: for so long it has not answered the monitor; 0: it has */
};

struct bh_monitor_record {
	uint32_t sequence;
	uint32_t repeats;
	uint64_t time; /* ticks */
	uint16_t event;
	uint16_t text_bytes;
	uint32_t reserved;
	char text[176]; /* lib/record_text.h; zero-terminated */
};

/* Of the dump store's directory, and of BH_MONITOR_DUMPS. */
struct bh_monitor_dump {
	char name[BH_NAME_BYTES]; /* of the partition; empty: no dump */
	uint32_t sequence;	  /* of the dump: each has another, later ones a larger */
	uint32_t state;		  /* enum bh_dump_state */
	uint64_t ipa;		  /* in the monitor: an ELF64 core of */
	uint64_t bytes;		  /* so many bytes */
	uint64_t whole_bytes;	  /* that it would have, had it not been cut */
	uint64_t time;		  /* ticks, when the partition was found to have ended */
	uint64_t ticks_per_s;
	uint32_t cause; /* enum bh_stop and so on, as in value of BH_EVENT_STOP; 0: not known */
	uint32_t ends;	/* times the partition had ended, this one included */
	uint32_t vcpus;
	uint32_t reserved;
};

enum bh_dump_state {
	BH_DUMP_NONE = 0,
	BH_DUMP_COPYING = 1,
	BH_DUMP_WHOLE = 2,  /* all that the description asks for */
	BH_DUMP_CUT = 3,    /* the end of memory is missing: the store is too small */
	BH_DUMP_BROKEN = 4, /* the copying ended before its end: the partition was released otherwise */
};

#define BH_MONITOR_DUMPS_MAX 32u
#define BH_MONITOR_MAGIC     0x504d55444b4c5542ull /* "BULKDUMP" */

/*
 * The dump store is what the monitor's RAM has free: from the end of its program, rounded up to BH_MONITOR_STORE_ALIGN, to the end of RAM. This
 * directory is in the last BH_MONITOR_STORE_BYTES of RAM, so that who reads the machine's memory from outside (it is cleaned
 * to memory whenever it has changed) finds it by the description alone.
 */
#define BH_MONITOR_STORE_BYTES 4096u
#define BH_MONITOR_STORE_ALIGN 4096u

struct bh_monitor_store {
	uint64_t magic;
	uint32_t version;    /* BH_MONITOR_VERSION */
	uint32_t n;	     /* dumps below */
	uint64_t ipa, bytes; /* the room for dumps */
	struct bh_monitor_dump dump[BH_MONITOR_DUMPS_MAX - 1];
};

#endif
