/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead audit`: a second, independent reader of a finished image. It works out from the
 * description what each partition and the kernel may have, then walks the translation tables and
 * tables of the image and reports everything that is not exactly so. It shares no code with the
 * builder: only abi/, lib/ and libfdt. What it does not understand is a finding, never skipped.
 */
#ifndef TOOLS_AUDIT_H
#define TOOLS_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/blob.h"
#include "lib/blob_at.h" /* with abi/emul.h and abi/log.h */

#define AUDIT_KERNEL 0xfffeu /* owner, where a partition's number could stand */
#define AUDIT_NAME   64u

/* --- what the description says (audit_desc.c, audit_board.c) --- */

struct audit_span {
	uint64_t base, bytes;
};

struct audit_line {
	uint32_t intid;
	bool level;
};

#define AUDIT_DEV_SPANS 4u
struct audit_device {
	char label[AUDIT_NAME]; /* or the node's name */
	char node[AUDIT_NAME];	/* without the unit address */
	int node_offset;
	bool dma, trusted; /* a bus master without an IOMMU; its owner is trusted with it */
	struct audit_span span[AUDIT_DEV_SPANS];
	uint32_t n_spans;
	struct audit_line line[8];
	uint32_t n_lines;
};

#define AUDIT_DUMP_ALL	   ~0ull
#define AUDIT_PART_DEVICES 32u
struct audit_part {
	char name[AUDIT_NAME];
	int node;
	uint32_t phandle, console_phandle;
	uint32_t console;  /* number of the partition that answers for the PL011, or BH_NONE */
	uint32_t bridge;   /* of the one that holds its ports and carries them, or BH_NONE */
	uint32_t controls; /* bit for each partition that it may start and stop */
	uint64_t ram_bytes;
	uint32_t core[BH_MAX_PART_VCPUS], n_cores; /* numbers of the board's cores */
	uint32_t priority, down, fp;
	bool watchdog_device; /* the monitor answers for it */
	bool dedicated, native_wfi;
	bool fp_given, keyboard, reads_log, reads_trace, changes_mode, setway, restart, monitor, resets_system;
	uint32_t inspects;			   /* bit for each partition whose memory it may see */
	struct bh_health health[BH_FAULTS], limit; /* as the blob is to have them, with what follows */
	uint32_t limit_n;
	uint64_t limit_ns, watchdog_ns, watchdog_first_ns, watchdog_open_ns, answer_ns, log_pace_ns, core_silent_ns;
	uint64_t dump_kib;	       /* AUDIT_DUMP_ALL; 0: none */
	uint64_t budget_ns, period_ns; /* of each vCPU's reservation; 0: none */
	uint32_t smc[BH_MAX_SMCS], n_smcs;
	struct audit_device device[AUDIT_PART_DEVICES];
	uint32_t n_devices;
};

#define CHANNEL_SHARED 5u /* beside enum bh_port_kind */
struct audit_channel {
	char name[AUDIT_NAME];
	uint32_t kind;
	uint32_t from, to;	   /* as the description says */
	uint32_t sender, receiver; /* who holds the port: these, or their bridges */
	uint32_t bytes, reply_bytes, depth, flags, period_us;
	uint32_t writers, readers; /* shared memory: bit for each partition; a writer reads */
	uint64_t size;
	bool uncached;
	uint32_t seen; /* ports of the image that are this one */
};

/* One window on one core of the board. */
struct audit_time_window {
	uint32_t core, parts; /* bit for each partition that has a vCPU there */
	uint64_t start_ns, end_ns;
};

#define AUDIT_ONLY_MODE "normal" /* where the description has no modes */
struct audit_mode {
	char name[AUDIT_NAME];
	bool at_once;
	uint64_t frame_ns;
	uint32_t slack, without, windowed;		 /* bit for each partition; windowed: has windows in it */
	struct audit_time_window window[BH_MAX_WINDOWS]; /* by core, then start */
	uint32_t n_windows;
};

#define AUDIT_CHANNELS 256u
#define AUDIT_MEMORIES 8u
struct audit_desc {
	const void *fdt;
	char system[4 * AUDIT_NAME], board[4 * AUDIT_NAME];
	uint64_t load;
	struct audit_span memory[AUDIT_MEMORIES], reserved[AUDIT_MEMORIES];
	uint32_t n_memories, n_reserved;
	uint64_t mpidr[BH_MAX_CORES];
	uint32_t n_cores;
	struct audit_span gicd, gicr;
	struct audit_device uart;
	uint32_t uart_kind, psci, timer_intid, maintenance_intid, n_intids;
	uint32_t spare_first, n_spares; /* INTIDs that no device has */
	struct audit_part part[BH_MAX_PARTITIONS];
	uint32_t n_parts;
	struct audit_channel channel[AUDIT_CHANNELS];
	uint32_t n_channels;
	struct audit_mode mode[BH_MAX_MODES];
	uint32_t n_modes; /* one at least */
	uint32_t monitor; /* partition, or BH_NONE */
};

/* --- what is where: one piece of an address space, and why --- */

enum audit_what {
	WHAT_RAM,
	WHAT_DEVICE,
	WHAT_INFO,
	WHAT_CONST, /* empty virtio-mmio slots */
	WHAT_QUEUE,
	WHAT_SERVER,
	WHAT_LOG,
	WHAT_TRACE,	/* the rings of all cores */
	WHAT_IN,	/* a partition's window for what it receives */
	WHAT_OUT,	/* and for what it sends */
	WHAT_SHARED,	/* memory of a channel, among partitions */
	WHAT_CARRIED,	/* memory beside a PL011 that carries a channel */
	WHAT_INSPECTED, /* another partition's RAM, in a root to inspect it with */
	WHAT_STUB,
	WHAT_PARAMS,
	WHAT_PRISTINE,
	WHAT_TEXT,
	WHAT_RODATA,
	WHAT_BSS,
	WHAT_BLOB,
	WHAT_STATE,
	WHAT_STACK,
	WHAT_DOOR, /* the root of a dedicated core, which the kernel fills and empties */
	WHAT_ROOT, /* what it is filled with */
	WHAT_GIC,
	WHAT_UART,
};

enum { ROOT_OWN = 1, /* a partition's */
       ROOT_EL2,
       ROOT_EMPTY,
       ROOT_INSPECT }; /* all of its own root, and the RAM of one other */

struct audit_want {
	enum audit_what what;
	uint32_t owner;	 /* partition, or AUDIT_KERNEL */
	uint32_t object; /* partition that is inspected; emulated region of a queue, server page or carried channel; partition of a port's window; channel of
			    shared memory; core of a stack */
	uint32_t root;	 /* ROOT_*: where it must be mapped */
	uint32_t rights; /* BH_READ ... */
	bool device;	 /* memory type Device, else Normal: write-back, or */
	bool uncached;
	uint64_t at, pa, bytes;
};

struct audit_wants {
	struct audit_want *w;
	uint32_t n, room;
};

/* --- what a walk found --- */

struct audit_range {
	uint64_t at, pa, bytes;
	uint64_t bits; /* of the leaf entries, without address and type */
};

struct audit_ranges {
	struct audit_range *r;
	uint32_t n, room;
	uint64_t pages;
};

/* One walked root and what it is to be compared with. */
struct audit_walked {
	uint32_t owner, root;
	uint32_t object; /* ROOT_INSPECT: whose RAM is in it */
	uint64_t pa;
	struct audit_ranges found;
};

/* What an emulated region is for, where it carries no channel. */
#define AUDIT_CONSOLE  BH_NONE
#define AUDIT_WATCHDOG (BH_NONE - 1)

struct audit {
	const uint8_t *file;
	uint64_t file_bytes;
	const struct bh_image_header *h;
	const struct bh_blob *b;
	struct audit_desc d;
	struct audit_wants wants;
	uint16_t *table_owner;		     /* for each BH_ROOT_ALIGN bytes of the covered part: 0, or owner + 1 that uses them as a table */
	uint32_t part_of[BH_MAX_PARTITIONS]; /* partition of the description for each of the blob */
	uint32_t core_of[BH_MAX_CORES];	     /* board's core for each of the blob */
	uint32_t carries[BH_MAX_EMULS];	     /* channel of the description that an emulated region carries; AUDIT_CONSOLE, AUDIT_WATCHDOG: none */
	uint64_t table_bytes;
	uint32_t findings;
};

/* The channel that an emulated region carries, or NULL. */
static inline const struct audit_channel *carried_channel(const struct audit *a, uint32_t emul)
{
	return a->carries[emul] < a->d.n_channels ? &a->d.channel[a->carries[emul]] : NULL;
}

/* audit_report.c */
void finding(struct audit *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void unreadable(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *root_name(uint32_t root);
const char *what_name(enum audit_what what);
const char *owner_name(const struct audit *a, uint32_t owner);
const char *page_owner(const struct audit *a, uint64_t pa); /* a sentence's end: "linux's RAM" */
void *must_alloc(void *old, size_t bytes);
bool all_zero(const uint8_t *p, uint64_t bytes);
void want_add(struct audit *a, struct audit_want w);

/* audit_desc.c: reads SYSTEM by dtc and libfdt. What is wrong there makes the description
 * unreadable (exit 2), as the builder would have refused it. */
void desc_read(struct audit_desc *d, const char *system);
/* audit_board.c */
void board_read(struct audit_desc *d);
void device_read(const struct audit_desc *d, int node, struct audit_device *dev);
uint64_t fdt_number(const struct audit_desc *d, int node, const char *name, uint32_t cell, uint32_t cells);
int fdt_cells(const struct audit_desc *d, int node, const char *name);
uint32_t fdt_choice(const struct audit_desc *d, int node, const char *name, const char *const words[], uint32_t n);
uint64_t fdt_size(const struct audit_desc *d, int node, const char *name);
bool fdt_lists(const struct audit_desc *d, int node, const char *name, int other); /* is node `other` in this list? */
/* audit_channels.c */
void relations_read(struct audit_desc *d);
uint32_t fdt_partitions(const struct audit_desc *d, int node, const char *prop); /* a list of them: bit for each */
uint64_t channel_window_bytes(const struct audit_channel *c);			 /* beside a PL011 that carries it; 0: none */
const struct audit_channel *channel_find(const struct audit *a, const char *name);

/* audit_time.c */
void time_read(struct audit_desc *d);

/* audit_health.c */
void health_read(struct audit_desc *d);					      /* after channels and modes */
uint32_t declared_rights(const struct audit_part *p, uint32_t other);	      /* BH_CONTROL_MAY_* */
bool declared_grant(const struct audit_desc *d, uint32_t who, uint32_t whom); /* by asking the monitor */
void health_audit(struct audit *a);
uint32_t inspects_walk(struct audit *a, struct audit_walked *w); /* every root to inspect with; how many */
void want_inspected(struct audit *a);				 /* after want_partitions() */

/* audit_walk.c */
void walk(struct audit *a, struct audit_walked *w);				     /* fills w->found */
uint64_t walk_entry(const struct audit *a, uint32_t root, uint64_t pa, uint64_t at); /* pa of the entry that maps it, or 0; root: ROOT_* */
uint32_t table_user(const struct audit *a, uint64_t page);			     /* 0, or owner + 1 of a table in it; page: offset in the image, covered */
void walk_tables_alone(struct audit *a);					     /* every page of the covered part is known, tables reached */

/* audit_space.c: is exactly what is wanted in what was walked? */
void space_check(struct audit *a, const struct audit_walked *w);
/* audit_place.c */
void places_check(struct audit *a); /* who shares which physical page with whom, and where it lies */

/* audit_want.c, audit_el2.c: put into a->wants what may be mapped */
void want_partitions(struct audit *a);
void want_kernel(struct audit *a, const struct audit_ranges *found); /* found: the EL2 walk */

/* audit_window.c */
void carriers_join(struct audit *a);							   /* fills a->carries */
bool channel_is_carried(const struct audit *a, uint32_t p, const struct audit_channel *c); /* by p's bridge */
void shared_audit(struct audit *a);

/* audit_ports.c */
uint32_t ports_need(const struct audit *a, uint32_t p, enum audit_what window);					/* 1: WHAT_IN or WHAT_OUT is needed; 0 */
uint64_t port_piece_ipa(const struct audit *a, const struct bh_port *p, enum blob_port_piece which);		/* at its end; 0: not there */
const struct audit_want *want_of(const struct audit *a, uint32_t owner, enum audit_what what, uint32_t object); /* or NULL */
void ports_audit(struct audit *a);

/* audit_policy.c: the rules of the description against the flows of the image (audit_flow.c) */
struct audit_flows {
	uint32_t flows, rules;
};
struct audit_flows policy_audit(struct audit *a, const struct audit_walked *w, uint32_t n);

/* audit_names.c: joins blob and description by name and MPIDR; false: cannot go on */
bool names_join(struct audit *a);
void layout_audit(struct audit *a);

/* audit_blob.c, audit_info.c, audit_kernel.c */
void blob_audit(struct audit *a);
void info_audit(struct audit *a);
void time_audit(struct audit *a); /* audit_plan.c */
void kernel_audit(struct audit *a);

const void *image_at(const struct audit *a, uint64_t pa, uint64_t bytes); /* NULL: not in the file */

#endif
