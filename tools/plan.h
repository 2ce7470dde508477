/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: what the tool knows about a system, from the description to addresses. Each stage fills in
 * its part and reads those before it; only image.c turns it into bytes.
 */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include "abi/blob.h"
#include "abi/info.h"
#include "tools/bytes.h"

#define PLAN_RAM_IPA	  0x40000000ull
#define PLAN_IPA_END	  (1ull << 39)
#define PLAN_GICD_IPA	  0x08000000ull
#define PLAN_GICD_BYTES	  0x10000ull
#define PLAN_GICR_IPA	  0x080a0000ull
#define PLAN_GICR_BYTES	  0x20000ull /* of one core */
#define PLAN_UART_IPA	  0x09000000ull
#define PLAN_UART_INTID	  33u
#define PLAN_VIRTIO_IPA	  0x0a000000ull
#define PLAN_VIRTIO_BYTES 0x4000ull
#define PLAN_CARRIER_IPA  0x09100000ull /* PL011s that carry channel ends */
#define PLAN_WINDOW_END	  0x3f000000ull /* of what begins at BH_WINDOW_IPA */
#define PLAN_INTIDS	  288u		/* SPIs that a partition can have end below this */
#define PLAN_BIG	  (2 * MIB)	/* the size of a block; what is this large is aligned to it */
#define PLAN_HUGE	  (1024 * MIB)	/* of a block of level 1; RAM of this size is aligned to it, where there is room */

struct span {
	uint64_t base, bytes;
};

struct line {
	uint32_t intid;
	bool level;
};

struct quiet { /* a store that quietens a device */
	uint64_t address;
	uint32_t bytes, value;
};

struct device {
	int node;
	const char *path, *name; /* name: its label, or else the node's */
	struct span span[4];
	uint32_t n_spans;
	struct line line[8];
	uint32_t n_lines;
	struct quiet quiet[8];
	uint32_t n_quiets;
	bool dma;
	bool trusted; /* its owner is trusted with its DMA: `trusted-dma` */
};

/* What the kernel costs on this board at most, in ns: measured (docs/time.md says how). 0: the board does not say. */
struct overhead {
	uint64_t section_ns; /* longest stretch with interrupts off, so that the timer's alarm waits */
	uint64_t switch_ns;  /* from the alarm's interrupt to the first instruction of another partition's vCPU */
	uint64_t irq_ns;     /* an interrupt for somebody who does not run now: from the running vCPU and back to it */
	uint64_t inject_ns;  /* from a device's interrupt to the handler's first instruction in a vCPU that runs */
};

struct board {
	const char *name;
	uint64_t load;
	struct span memory[8], reserved[16];
	uint32_t n_memories, n_reserved;
	uint64_t mpidr[BH_MAX_CORES];
	uint32_t n_cores;
	struct span gicd, gicr;
	uint64_t uart_pa;
	enum bh_uart uart_kind;
	enum bh_psci psci;
	uint32_t timer_intid, maintenance_intid;
	uint32_t spare_first, n_spares; /* INTIDs of SPIs that no device has */
	struct overhead overhead;
	const char *qemu; /* strings, one behind the other; NULL: not run by QEMU */
	int qemu_bytes;
};

/* A piece of the payload: at ipa, bytes of a file, then zeros up to memory_bytes. */
struct segment {
	uint64_t ipa, memory_bytes;
	const uint8_t *data;
	uint64_t bytes;
	bool stays; /* as it is at a warm start */
	const char *what;
};

/* What the stub copies: whole multiples of 64 bytes that may join several segments. */
struct chunk {
	uint64_t ipa, bytes;
	uint64_t store; /* offset in the pristine store */
	uint32_t crc;
};

#define PLAN_SEGMENTS 40u
struct payload {
	const char *format;
	struct segment segment[PLAN_SEGMENTS];
	uint32_t n_segments;
	struct chunk chunk[PLAN_SEGMENTS];
	uint32_t n_chunks;
	uint64_t entry, arg;
	uint64_t initrd, initrd_bytes;
	struct bytes store;  /* the pristine store */
	struct bytes params; /* of the stub */
	struct bytes info;
};

/* A piece of a partition's address space. pa = *from where that is not NULL. */
struct region {
	uint64_t ipa, bytes, pa;
	const uint64_t *from;
	enum bh_region_kind kind;
	uint32_t rights, object;
	bool uncached; /* Normal non-cacheable */
	const char *name;
};

/* What a partition says of its own work, for the analysis only; most urgent first. */
#define PLAN_TASKS 32u
struct task {
	const char *name, *path;
	int node;
	uint32_t vcpu;
	uint64_t period_ns, cost_ns, deadline_ns;
};

/* What a partition may do to another one. */
struct control {
	uint32_t part, rights; /* BH_CONTROL_MAY_* */
	uint64_t root;	       /* MAY_INSPECT: its own, with the other's RAM */
};

#define PLAN_DUMP_ALL ~0ull
#define PLAN_REGIONS  768u /* more than a partition can come to have */
struct part {
	const char *name, *path;
	int node;
	uint32_t number, phandle;
	const char *image, *initrd, *bootargs, *dtb;
	bool has_load, has_entry, has_priority, has_fp;
	uint64_t load, entry;
	uint64_t ram_bytes;			   /* 0: wrong, has been blamed */
	uint32_t core[BH_MAX_PART_VCPUS], n_cores; /* numbers of the board's cores */
	uint32_t priority;
	struct device *device[32];
	uint32_t n_devices;
	int console; /* partition, or -1 */
	enum bh_down down;
	enum bh_fp fp;
	int bridge; /* partition that carries its channel ends as PL011s, or -1 */
	struct control control[BH_MAX_PARTITIONS];
	uint32_t n_controls;
	bool keyboard, reads_log, reads_trace, sets_mode, setway, restart, dedicated, native_wfi;
	struct bh_health health[BH_FAULTS], limit; /* as the blob has them, with what follows */
	uint32_t limit_n;
	uint64_t limit_ns, watchdog_ns, watchdog_first_ns, watchdog_open_ns, answer_ns, log_pace_ns, core_silent_ns;
	bool monitor, resets_system, watchdog_device;
	uint64_t dump_bytes;	       /* of its RAM that a dump holds; PLAN_DUMP_ALL; 0: no dump is taken */
	uint64_t budget_ns, period_ns; /* of each vCPU's reservation; 0: none */
	struct task task[PLAN_TASKS];
	uint32_t n_tasks;
	uint32_t smc[BH_MAX_SMCS], n_smcs;

	/* worked out */
	struct payload payload;
	struct region region[PLAN_REGIONS];
	uint32_t n_regions;
	uint32_t first_vcpu;
	uint64_t line_used[PLAN_INTIDS / 64 + 1]; /* bit for each virtual INTID */
	uint64_t window_end, shared_end;	  /* shared_end: of what lies behind BH_WINDOW_IPA */
	uint64_t log_ipa, trace_ipa;
	uint64_t high_end; /* of what lies above RAM: shared memory that finds no room among the windows */
	uint32_t log_intid, monitor_intid;
	uint32_t n_ports, n_caps;     /* of its capability table: ports, then served regions, controls, the schedule, the monitor's */
	uint32_t control_cap;	      /* its first control */
	uint32_t schedule_cap;	      /* the right to change the mode, if it has that */
	uint32_t monitor_cap;	      /* to see what the system does, likewise */
	uint64_t in_bytes, out_bytes; /* of its ports' windows, multiples of BH_PAGE; 0: none */
	uint64_t in_ipa, out_ipa, in_pa, out_pa, in_va, out_va;
	uint64_t ram_pa, store_pa, params_pa, info_pa;
	uint64_t root, root_va;
};

/* A client's PL011, answered for by another partition: its console, or one end of a channel. */
struct emulated {
	uint32_t client, server, cap;
	uint64_t ipa; /* at the client */
	uint32_t intid;
	struct channel *channel; /* it carries; NULL: the console, or the watchdog */
	bool watchdog;		 /* a generic watchdog (abi/gwdt.h), else a PL011 */
	uint64_t bytes;
	uint32_t doorbell;
	uint64_t window_bytes; /* of the memory for longer messages, shared by the two and uncached; 0: none */
	uint64_t window_pa, window_ipa, server_window_ipa;
	uint64_t queue_ipa, server_ipa; /* at the server */
	uint64_t queue_pa, server_pa, queue_va, server_va;
};

enum channel_kind {
	CHANNEL_SIGNAL = BH_PORT_SIGNAL,
	CHANNEL_SAMPLING = BH_PORT_SAMPLING,
	CHANNEL_QUEUING = BH_PORT_QUEUING,
	CHANNEL_CALL = BH_PORT_CALL,
	CHANNEL_SHARED,
};

/* One end of a port. Where its partition has a bridge, that one holds the port for it. */
struct channel_end {
	int part;	  /* as the description says; -1: wrong, has been blamed */
	int holder;	  /* who has the capability: part, or part's bridge */
	uint32_t cap;	  /* number in the holder's table */
	uint32_t intid;	  /* of its events at the holder; BH_NONE: the end has none */
	uint64_t in, out; /* offsets of its slots and its buffer in the holder's windows; ~0: none */
};

#define PLAN_CHANNELS 256u
struct channel {
	const char *name, *path;
	int node;
	enum channel_kind kind;
	uint32_t bytes, reply_bytes, depth;
	bool drop, keep;
	uint64_t period_us;					   /* sampling: refresh period; 0: none is said */
	struct channel_end from, to;				   /* not of shared memory */
	bool reader[BH_MAX_PARTITIONS], writer[BH_MAX_PARTITIONS]; /* shared memory; a writer reads too */
	uint64_t size;						   /* shared memory */
	bool uncached;						   /* shared memory: Normal non-cacheable at every end */
	uint64_t pa, ipa[BH_MAX_PARTITIONS];
};

/* A window on one core, as the blob has it. One node of the description may give several cores theirs. */
struct plan_window {
	const char *name, *path;
	int node;
	uint32_t core; /* number in plan.core */
	uint64_t start_ns, end_ns;
	uint32_t parts; /* bit n: partition n's vCPUs on this core */
	uint32_t ranks; /* the same as ranks of the core */
};

struct mode {
	const char *name, *path;
	int node;
	uint64_t frame_ns;
	bool at_once;
	uint32_t slack, without;							 /* bit n: partition n */
	uint32_t unclear;								 /* likewise: what would let it run has been blamed */
	uint32_t slack_ranks[BH_MAX_CORES], always[BH_MAX_CORES], budgets[BH_MAX_CORES]; /* by plan.core: as struct bh_plan has them */
	struct plan_window *window;							 /* sorted by core, then start */
	uint32_t n_windows, first_window[BH_MAX_CORES], n_core_windows[BH_MAX_CORES];
};

struct plan_core {
	uint32_t board; /* number of the board's core */
	uint32_t n_vcpus, vcpu[BH_MAX_CORE_VCPUS];
	uint64_t stack_pa, stack_va, gicr_va;
	bool dedicated;
	uint64_t door_pa, door_va; /* of one that is dedicated */
};

/* A spare SPI by which the kernel tells a partition that takes its interrupts directly. */
struct notice {
	uint32_t part, intid;
};

struct error {
	const char *text;
};

struct mark { /* where a node or property stands in the sources */
	const char *path, *place;
};

struct plan {
	const char *name, *system_name;
	const char *dts, *folder, *tool;
	void *fdt;
	struct mark *mark;
	uint32_t n_marks;
	const char **labels; /* every label of the sources */
	uint32_t n_labels;
	struct error *error;
	uint32_t n_errors;
	bool unresolved; /* references to unknown labels have been blamed */

	struct board board;
	struct part *part;
	uint32_t n_parts;
	struct device *device;
	uint32_t n_devices;
	struct emulated emul[BH_MAX_EMULS];
	uint32_t n_emuls;
	struct channel *channel;
	uint32_t n_channels;
	struct policy *policy; /* policy.h */
	struct plan_core core[BH_MAX_CORES];
	uint32_t n_cores, n_vcpus;
	struct notice notice[BH_MAX_IRQS];
	uint32_t n_notices;
	int log_reader, monitor;	/* partitions, or -1 */
	struct mode mode[BH_MAX_MODES]; /* one at least: without /schedules it has no windows */
	uint32_t n_modes;
	struct analysis *analysis; /* analysis.h; NULL: nobody asked for promises */

	/* what stands beside the tool */
	struct bytes kernel; /* text and rodata */
	struct bytes stub;
	struct bh_image_header header;

	/* the image */
	uint64_t blob_pa, tables_pa, covered_bytes, stub_pa, slots_pa[PLAN_VIRTIO_BYTES / BH_PAGE], file_bytes, image_bytes;
	uint64_t bss_pa, state_pa, state_bytes, share_pa, share_bytes;
	uint64_t shared_pa, shared_bytes; /* memory of partitions among themselves, not mapped at EL2 */
	uint64_t blob_va, state_va, share_va, log_pa, log_va, gicd_va, uart_va;
	uint64_t trace_pa, trace_va, trace_bytes; /* of one core's ring; the rings follow each other */
	uint64_t core_state_va, partition_state_va, vcpu_state_va, emul_state_va, port_state_va;
	uint64_t el2_root, empty_root;
	uint64_t tables_room;		   /* bytes reserved for tables */
	uint32_t ipa_bits, va_bits;	   /* of partitions' addresses, of the kernel's */
	size_t root_at;			   /* in tables: where the next root may lie; 0: nowhere yet */
	struct bytes root_pages;	   /* likewise: pages that roots are in, as size_t */
	uint64_t memory_bytes, free_bytes; /* of the board */
	struct bytes blob, tables;
	struct bytes image;
};

const char *channel_kind_name(enum channel_kind kind); /* channels.c: "queuing" */
char *channel_c_name(const char *name);		       /* "set-point" as a part of a C name: SET_POINT */

/* The stages, in order. Each blames what is wrong and goes on as far as it makes sense. */
void source_read(struct plan *p, const char *system);		       /* source.c */
void board_plan(struct plan *p);				       /* board.c */
void describe(struct plan *p);					       /* describe.c */
void relate(struct plan *p);					       /* relate.c: what partitions are to each other */
void dedicated_check(struct plan *p);				       /* dedicated.c: what a core of one's own rules out; needs schedules, health and channels */
void health_plan(struct plan *p);				       /* health.c: what is done about faults; needs the modes */
void channels_read(struct plan *p);				       /* channels.c: /channels, as the description has them */
void channels_relate(struct plan *p);				       /* port_plan.c: who holds what: capabilities, interrupts, slots */
void carriers_plan(struct plan *p);				       /* carriers.c: PL011s of partitions that have a `bridge` */
void schedule_plan(struct plan *p);				       /* schedule.c: /schedules, reservations; needs the cores' ranks */
void grants_check(struct plan *p);				       /* monitor.c: who asks the monitor to control others */
void analysis_check(struct plan *p);				       /* analysis.c (analysis.h): what the schedule promises; refuses what does not fit */
void policy_check(struct plan *p);				       /* policy.c: /domains and /policy against all flows (flow.h) */
void kernel_read(struct plan *p);				       /* kernel_file.c */
const struct part *part_asked(const struct plan *p, const char *name); /* header.c; ends the tool where there is none */
void payload_plan(struct plan *p, struct part *part);		       /* payload.c */
void boot_plan(struct part *part);				       /* boot_list.c: pristine store, the stub's list */
void info_plan(struct plan *p);					       /* info_page.c; after space_plan() of all */
void windows_plan(struct plan *p, struct part *part);		       /* space.c: where its windows are; before payload_plan() of any */
uint64_t space_store_ipa(const struct part *part);		       /* where it sees its pristine store */
void space_plan(struct plan *p, struct part *part);		       /* space.c: address spaces */
void monitor_check(struct plan *p);				       /* monitor.c: whether dumps, and whom it inspects, find room; after space_plan() of all */
void layout(struct plan *p);					       /* layout.c: addresses, tables and blob until all fits */
void tables_write(struct plan *p);				       /* tables.c: p->tables, at p->tables_pa */
void blob_write(struct plan *p);				       /* blob_write.c */
void image_write(struct plan *p);				       /* image.c: p->image */
const char *report(const struct plan *p);			       /* report.c: what is where, in full */
const char *report_short(const struct plan *p);

/* All that needs the description only; false: there is nothing to go on with. main.c */
bool plan_description(struct plan *p, const char *system);

/* The whole way; errors are only collected. */
void plan_system(struct plan *p, const char *system);

#endif
