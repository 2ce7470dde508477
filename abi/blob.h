/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blob: everything the kernel knows about the system it runs. Written by the tool, checked by
 * lib/blob_check.c (the same file in kernel, tool and fuzzer), never written by the kernel.
 *
 * An image in memory, from its load address:
 *
 *   kernel text      struct bh_image_header first   EL2: read, execute      \
 *   kernel rodata                                   EL2: read                |
 *   boot checks      run before the MMU is on       not mapped; see below    |
 *   blob             struct bh_blob first           EL2: read                | covered by the digest
 *   stage 2 tables   every root of every partition  roots of some: read      |
 *   EL2 tables                                      not mapped at EL2       /
 *   payloads         stub, parameters, info pages, pristine stores           checked by the stub
 *   end mark         8 bytes, BH_END_MARK           the file ends here
 *   kernel bss, state, stacks                       EL2: read, write; zeroed by the kernel
 *
 * What of the kernel's writable memory finds room there lies where the boot checks were: they are over before it is first written.
 *
 * All offsets are in bytes from the start of the blob; arrays are 8-byte aligned. Integers are
 * little-endian. Names are zero-terminated strings in the names array. "va" is an EL2 virtual
 * address, "pa" a physical one. Every reserved field is zero.
 */
#ifndef ABI_BLOB_H
#define ABI_BLOB_H

#include <stdint.h>

#include "abi/call.h"
#include "abi/health.h"
#include "abi/port.h"

#define BH_PAGE 4096u

/*
 * Where the kernel is linked, and everything else is mapped behind it, at EL2. Its addresses have as few bits as the system needs (va_bits), so that the
 * walk begins at level 2, and the root has a few entries only. No image is loaded from here to 1 << va_bits: nothing may be mapped where the
 * MMU is switched on (boot.S).
 */
#define BH_KERNEL_VA	0x1000000ull
#define BH_VA_BITS_MIN	25u /* the least that every processor has (TCR_EL2.T0SZ, without FEAT_TTST) */
#define BH_VA_BITS_MAX	30u
#define BH_IPA_BITS_MIN 31u /* the least that begins at level 1 */
#define BH_IPA_BITS_MAX 39u

/* A root has 1 << (bits - 30) entries where the walk begins at level 1, 1 << (bits - 21) at level 2. It is aligned to its size, and to this: several share a page. */
#define BH_ROOT_ALIGN 64u

#define BH_IMAGE_MAGIC 0x44414548484b4c42ull /* "BLKHHEAD" */
#define BH_BLOB_MAGIC  0x424f4c424b4c5542ull /* "BULKBLOB" */
#define BH_END_MARK    0x444e45444e454842ull /* "BHENDEND" */

#define BH_MAX_CORES	    16u
#define BH_MAX_PARTITIONS   32u
#define BH_MAX_VCPUS	    64u /* of the system */
#define BH_MAX_PART_VCPUS   8u	/* of one partition */
#define BH_MAX_CORE_VCPUS   16u /* bound to one core */
#define BH_MAX_EMULS	    64u
#define BH_MAX_PORTS	    256u
#define BH_MAX_REGIONS	    1024u
#define BH_MAX_CAPS	    1024u
#define BH_MAX_IRQS	    256u
#define BH_MAX_SMCS	    64u
#define BH_MAX_MODES	    8u
#define BH_MAX_WINDOWS	    1024u /* of the system, in all modes */
#define BH_MAX_CORE_WINDOWS 64u	  /* of one core in one mode */

#define BH_NONE 0xffffffffu

/*
 * First bytes of the kernel's text and so of the image. The kernel's build fills the first part,
 * the tool the second. The first 64 bytes are the arm64 Linux Image header.
 */
struct bh_image_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size; /* to the end of the kernel's writable memory; set by the tool */
	uint64_t flags;
	uint64_t linux_reserved[3];
	uint32_t linux_magic; /* "ARM\x64" */
	uint32_t linux_reserved2;

	uint64_t digest; /* lib/digest.h of [load + 72, load + covered_bytes); set by the tool */

	/* by the kernel's build */
	uint64_t magic;
	uint32_t abi_version;
	uint32_t header_bytes;
	uint32_t text_bytes; /* multiples of BH_PAGE */
	uint32_t rodata_bytes;
	uint32_t bss_bytes;   /* at EL2 va BH_KERNEL_VA + text_bytes + rodata_bytes + check_bytes; not in the file */
	uint32_t stack_bytes; /* of each core */
	uint32_t core_bytes;  /* size of one element of each state array; multiples of 64 */
	uint32_t partition_bytes;
	uint32_t vcpu_bytes;
	uint32_t emul_bytes;
	uint32_t port_bytes;
	uint32_t check_bytes; /* code and texts behind rodata that run before the MMU is on, and never after; multiple of BH_PAGE */

	/* by the tool */
	uint64_t load_pa;	/* where the image must be */
	uint64_t file_bytes;	/* with the end mark */
	uint64_t covered_bytes; /* multiple of 16 */
	uint64_t blob_pa, blob_va, blob_bytes;
	uint64_t el2_root_pa; /* TTBR0_EL2: addresses of va_bits, 4 KiB granule, starts at level 2 */
	uint64_t bss_pa;
	uint64_t state_pa, state_va, state_bytes; /* all state arrays; contiguous, page-aligned, zeroed at boot */
	uint64_t share_pa, share_va, share_bytes; /* queue pages, server pages, ports' windows, log, trace; likewise */
	uint64_t uart_pa, uart_va;
	uint32_t uart_kind; /* enum bh_uart */
	uint32_t va_bits;   /* of the kernel's addresses: BH_VA_BITS_MIN to BH_VA_BITS_MAX */
};

enum bh_uart {
	BH_UART_NONE = 0,
	BH_UART_PL011 = 1,
	BH_UART_CADENCE = 2,
};

enum bh_psci {
	BH_PSCI_NONE = 0, /* one core only */
	BH_PSCI_SMC = 1,
	BH_PSCI_HVC = 2,
};

struct bh_blob {
	uint64_t magic;
	uint32_t abi_version;
	uint32_t total_bytes;

	uint32_t n_cores, off_cores;	       /* struct bh_core; core 0 is the one that boots */
	uint32_t n_partitions, off_partitions; /* struct bh_partition */
	uint32_t n_vcpus, off_vcpus;	       /* struct bh_vcpu, grouped by partition */
	uint32_t n_emuls, off_emuls;	       /* struct bh_emul */
	uint32_t n_ports, off_ports;	       /* struct bh_port */
	uint32_t n_regions, off_regions;       /* struct bh_region, grouped by partition, sorted by ipa */
	uint32_t n_caps, off_caps;	       /* struct bh_cap, grouped by partition */
	uint32_t n_irqs, off_irqs;	       /* struct bh_irq, sorted by pintid */
	uint32_t n_smcs, off_smcs;	       /* uint32_t function numbers, grouped by partition */
	uint32_t n_modes, off_modes;	       /* struct bh_mode; the first is in force at boot */
	uint32_t n_plans, off_plans;	       /* struct bh_plan; n_modes * n_cores: of mode m and core c is number m * n_cores + c */
	uint32_t n_windows, off_windows;       /* struct bh_window, grouped by plan, sorted by start */
	uint32_t reg_bytes, off_regs;	       /* register tables of emulated regions */
	uint32_t names_bytes, off_names;

	uint64_t core_state_va, partition_state_va, vcpu_state_va, emul_state_va, port_state_va;
	uint64_t log_va;      /* struct bh_log, bh_log_bytes(n_partitions) */
	uint64_t trace_va;    /* struct bh_trace (trace.h) of core c at trace_va + c * trace_bytes */
	uint64_t trace_bytes; /* whole pages, one at least, at most 4 MiB */
	uint64_t empty_root;  /* pa of a stage 2 root that maps nothing */

	uint64_t gicd_va;
	uint64_t uart_va;
	uint32_t uart_kind;   /* enum bh_uart */
	uint32_t psci;	      /* enum bh_psci */
	uint32_t gic_version; /* 3 */
	uint32_t timer_intid; /* the EL2 physical timer's, 26 on all known boards */
	uint32_t maintenance_intid;
	uint32_t n_intids;	/* SPIs of the board end below this INTID */
	uint32_t log_reader;	/* partition that reads the health log, or BH_NONE: the kernel prints it itself */
	uint32_t log_intid;	/* its doorbell (virtual INTID) */
	uint32_t monitor;	/* partition that is told (BH_HEALTH_TELL), or BH_NONE */
	uint32_t monitor_intid; /* its doorbell */
	uint32_t system_name;	/* offset in names */
	uint32_t board_name;
	uint64_t ipa_bits; /* of partitions' addresses: BH_IPA_BITS_MIN to BH_IPA_BITS_MAX; stage 2 starts at level 1 */
};

struct bh_core {
	uint64_t mpidr;	   /* affinity fields, as PSCI CPU_ON takes them */
	uint64_t stack_va; /* top; a guard page lies below the stack */
	uint64_t gicr_va;  /* RD_base and SGI_base of this core: two frames of 64 KiB, only the first page of each mapped */
	uint32_t n_vcpus;
	uint32_t vcpu[BH_MAX_CORE_VCPUS]; /* system-wide vCPU numbers; most urgent first: the place is the rank */
	uint32_t reserved;
	/*
	 * Of a core whose vCPU has its interrupts directly, else 0: a page of the kernel's that is its stage 2 root. The kernel copies the
	 * partition's root there, whole, or empties it, from whatever core, to get the core back.
	 */
	uint64_t door_pa, door_va;
};

enum bh_fp {
	BH_FP_EAGER = 0,
	BH_FP_LAZY = 1,
	BH_FP_NONE = 2,
};

#define BH_PART_SETWAY_NATIVE 0x1u  /* set/way cache maintenance is let through; else it traps and is UNDEFINED */
#define BH_PART_RESTART	      0x2u  /* may be restarted: it has a pristine store */
#define BH_PART_DEDICATED     0x4u  /* its vCPUs, each alone on its core, take their interrupts without the kernel */
#define BH_PART_DUMP	      0x8u  /* when it ends by a fault it is held until who may inspect it is done */
#define BH_PART_NATIVE_WFI    0x10u /* its WFI is the processor's: each vCPU is alone on its core; with DEDICATED it is trusted to be woken */

struct bh_partition {
	uint32_t name;
	uint32_t flags;
	uint32_t first_vcpu, n_vcpus;
	uint32_t first_region, n_regions;
	uint32_t first_cap, n_caps;
	uint32_t first_smc, n_smcs; /* allow-list of SMC functions passed to firmware */
	uint32_t vmid;		    /* number + 1 */
	uint32_t fp;		    /* enum bh_fp */
	uint64_t root;		    /* pa */

	struct bh_health health[BH_FAULTS]; /* by enum bh_fault */
	struct bh_health limit;		    /* more than limit_n restarts by policy in limit_ns: STOP, MODE or SYSTEM; of these MODE stops it too */
	uint32_t limit_n;		    /* 1 to BH_LIMIT_MAX; 0: there is no limit */
	uint64_t limit_ns;		    /* at most BH_PERIOD_MAX_NS */
	uint64_t watchdog_ns;		    /* it is to be fed once in so long; 0: it has none; at most BH_PERIOD_MAX_NS */
	uint64_t watchdog_first_ns;	    /* and for the first time in so long */
	uint64_t watchdog_open_ns;	    /* and not sooner than that after the last time; below watchdog_ns */
	uint64_t log_pace_ns;		    /* in the long run it leaves one record of the health log in so long (log.h); 1 to BH_PERIOD_MAX_NS */
	uint64_t answer_ns;		    /* as a server it answers an access within so long; 0: whenever; at most BH_PERIOD_MAX_NS */
	uint64_t root_va;		    /* DEDICATED: the kernel's, of the root's first page, read-only; else 0 */
};

struct bh_vcpu {
	uint32_t partition;
	uint32_t index; /* within the partition; its MPIDR affinity */
	uint32_t core;	/* number in cores */
	uint32_t rank;	/* place in the core's vcpu[]; vCPUs of one partition on one core have ranks in a row */
	/* Its reservation, in modes where it is in force: so much time every period, given anew at whole periods from the epoch on. 0, 0: none. */
	uint64_t budget_ns; /* BH_BUDGET_MIN_NS to period_ns */
	uint64_t period_ns; /* at most BH_PERIOD_MAX_NS */
};

#define BH_BUDGET_MIN_NS 10000ull
#define BH_PERIOD_MAX_NS 60000000000ull

/* vCPUs of one partition on one core take turns: after so long, or when one gives way (WFE). */
#define BH_SLICE_NS 1000000ull

/*
 * Time. All cores have the same epoch, a counter value at which every one of them is ready to run guests;
 * nanoseconds become ticks by ns * frequency / 10^9, rounded down, each from the start of its frame.
 *
 * A mode says who runs when. On a core that has windows, its plan's windows come again every frame. Of those that can
 * run, the core runs first who has a reservation with budget left, then who is in the window under way (always,
 * where the plan has no windows), then who is marked for slack; the lowest rank in each. Nobody else runs.
 */
#define BH_MODE_AT_ONCE 0x1u /* a change to this mode does not wait for the end of the frame under way */

struct bh_mode {
	uint32_t name;
	uint32_t flags;
	uint64_t frame_ns; /* 0: no core has windows; else BH_BUDGET_MIN_NS to BH_PERIOD_MAX_NS */
};

struct bh_plan {
	uint32_t first_window, n_windows;
	uint32_t always;  /* ranks in the one endless window of a plan without windows; else 0 */
	uint32_t slack;	  /* ranks */
	uint32_t budgets; /* ranks whose reservation is in force; in no window, nor in always */
	uint32_t reserved;
};

/* [start, end) of the frame; windows of a plan do not overlap; none is shorter than BH_BUDGET_MIN_NS. */
struct bh_window {
	uint64_t start_ns, end_ns;
	uint32_t ranks; /* not 0 */
	uint32_t reserved;
};

enum bh_region_kind {
	BH_REGION_RAM = 1,
	BH_REGION_DEVICE = 2,	/* a device of the board */
	BH_REGION_EMULATED = 3, /* unmapped at stage 2; object = number in emuls */
	BH_REGION_CONST = 4,	/* read-only: empty virtio-mmio slots, information page, boot stub, its parameters, pristine store */
	BH_REGION_WINDOW = 5,	/* memory shared with the kernel: queues, server pages, ports' in and out windows, log, trace */
	BH_REGION_SHARED = 6,	/* memory shared with other partitions, not with the kernel */
};

#define BH_READ	   0x1u
#define BH_WRITE   0x2u
#define BH_EXECUTE 0x4u

/* What is where in a partition's address space: for fault reports and for emulated regions. */
struct bh_region {
	uint64_t ipa, bytes;
	uint64_t pa; /* of what is mapped; 0 for emulated regions */
	uint32_t kind;
	uint32_t rights;
	uint32_t name;
	uint32_t object;
};

enum bh_down {
	BH_DOWN_ZERO = 0,  /* reads give 0, writes are dropped */
	BH_DOWN_FAULT = 1, /* external abort */
	BH_DOWN_WAIT = 2,  /* the vCPU waits until the server runs again */
};

struct bh_emul {
	uint32_t client, server; /* partitions */
	uint64_t ipa, bytes;	 /* at the client; multiples of BH_PAGE */
	uint32_t intid;		 /* the region's line at the client (virtual INTID), or BH_NONE */
	uint32_t doorbell;	 /* virtual INTID at the server, edge */
	uint64_t queue_va;	 /* struct bh_emul_queue */
	uint64_t server_va;	 /* struct bh_emul_control, then shadow words */
	uint32_t reg;		 /* offset of the region's table in regs: bytes / 4 bytes of BH_REG_* */
	uint32_t down;		 /* enum bh_down */
};

enum bh_cap_kind {
	BH_CAP_NONE = 0,
	BH_CAP_SERVE = 1,    /* object = number in emuls; rights 0 */
	BH_CAP_PORT = 2,     /* object = number in ports; rights BH_PORT_SEND or BH_PORT_RECEIVE; the first of a table */
	BH_CAP_CONTROL = 3,  /* object = partition; rights BH_CONTROL_MAY_* (call.h) */
	BH_CAP_SCHEDULE = 4, /* may change the mode; object 0, rights 0 */
	BH_CAP_MONITOR = 5,  /* sees what the system does; object 0, rights BH_MONITOR_MAY_* */
};

struct bh_cap {
	uint32_t kind;
	uint32_t object;
	uint32_t rights;    /* by kind */
	uint32_t root_page; /* BH_CONTROL_MAY_INSPECT: a root of its holder (pa / BH_PAGE): all of its own root, and the RAM of `object` at BH_INSPECT_IPA */
};

/*
 * A port (port.h). Calls among partitions have no cycle: a server never waits for its own caller.
 * The va are the kernel's, of memory that the two ends have in their windows; slots are 64-byte aligned.
 */
struct bh_port {
	uint32_t kind;			/* enum bh_port_kind */
	uint32_t flags;			/* BH_PORT_DROP, BH_PORT_KEEP */
	uint32_t sender, receiver;	/* partitions, different ones */
	uint32_t send_cap, receive_cap; /* the ends' numbers in their tables, below BH_PART_PORTS */
	uint32_t send_intid;		/* virtual INTID of the sender's events (edge), or BH_NONE */
	uint32_t receive_intid;		/* of the receiver's */
	uint32_t bytes;			/* of the largest message, 1 to BH_MESSAGE_MAX; signal: 0 */
	uint32_t reply_bytes;		/* call: of the largest reply, likewise; else 0 */
	uint32_t depth;			/* queuing: 1 to BH_DEPTH_MAX; else 0 */
	uint32_t name;
	uint64_t out_va;       /* buffer of what is sent; 0: in registers */
	uint64_t in_va;	       /* slots at the receiver; 0: signal */
	uint64_t reply_out_va; /* call: buffer of the reply, at the server; 0: in registers */
	uint64_t reply_in_va;  /* call: slot of the reply, at the client */
};

#define BH_IRQ_LEVEL  0x1u
#define BH_IRQ_NOTICE 0x2u /* no device has it: the kernel pends it, for one that takes its interrupts directly; pintid == vintid */

/* An interrupt of the board, given to one partition (SPIs only). */
struct bh_irq {
	uint32_t pintid; /* physical INTID, 32.. */
	uint32_t vintid; /* what the partition sees */
	uint32_t partition;
	uint32_t flags;
};

#endif
