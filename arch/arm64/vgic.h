/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GICv3 of a partition (Arm IHI 0069; one security state, affinity routing always on,
 * no LPIs): distributor, redistributors and, through the list registers (ich.h), CPU interfaces.
 * vgic.c delivers, vgic_regs.c answers for the registers, vgic_lines.c masks and opens devices' lines.
 *
 * Ownership: list registers, and what struct vgic_cpu says of them, belong to the vCPU's core. Words
 * (struct vgic_word), and `todo`, `mine`, `evicted` and `masked` of a vCPU, are changed by any vCPU of the
 * partition and by whoever raises a line, with atomics and without locks. The rule that loses nothing:
 * first change the word, then set the bit in `todo` of who delivers it and post a request; the owner
 * takes `todo` first and reads the words then.
 *
 * Races that stay, all within one partition: a vCPU that writes a register while another delivers the
 * same interrupt may see it come once more (GICD_CTLR.RWP says until when); two that write one
 * IROUTER at once may leave it to both or to none. No index is taken from a shared word, and no loop
 * depends on one beyond its 32 bits, so nobody else is concerned.
 */
#ifndef ARM64_VGIC_H
#define ARM64_VGIC_H

#include "kernel/types.h"

#define VGIC_LINES 288u /* INTIDs 0-287, as QEMU's virt machine has them */
#define VGIC_WORDS (VGIC_LINES / 32u)
#define VGIC_LRS   16u /* at most; the hardware's number is used */

#define VGIC_TODO_LATCHED(w) (1u << (VGIC_WORDS + (w)))

#define VGIC_GICD_IPA	0x08000000u
#define VGIC_GICD_BYTES 0x10000u
#define VGIC_GICR_IPA	0x080a0000u
#define VGIC_GICR_BYTES 0x20000u /* of each vCPU */

struct vcpu;
struct partition;

/* An access by a vCPU to its virtual GIC's registers. */
struct vgic_access {
	uint32_t offset; /* from the frame's start */
	uint32_t bytes;	 /* 1, 2, 4, 8; naturally aligned */
	bool write;
	uint64_t value; /* in for writes, out for reads */
};

enum vgic_result {
	VGIC_DONE,  /* answered */
	VGIC_AGAIN, /* another core was asked for its state: execute the instruction again */
};

/* 32 interrupts, a bit each. While one is in a list register, its pending and active states are there. */
struct vgic_word {
	uint32_t enabled;
	uint32_t group;	   /* 1: Group 1 */
	uint32_t level;	   /* 1: level-sensitive, 0: edge-triggered */
	uint32_t pending;  /* latched: an edge, a register write, a physical interrupt */
	uint32_t line;	   /* input of an emulated device: pending while level & line */
	uint32_t active;   /* active in no list register */
	uint32_t held;	   /* in a list register of some vCPU */
	uint32_t owed;	   /* the physical interrupt stays active until this one is deactivated; where a list
			      register has LR.HW set, the hardware does that and nothing is owed */
	uint32_t unpend;   /* asked of who holds it: be no longer pending ... */
	uint32_t unactive; /* ... active */
	uint32_t wanted;   /* who delivers it now has asked who holds it; once, or two could ask each other for ever */
};

struct vgic_cpu {
	struct vgic_word own;	      /* INTIDs 0-31 */
	uint32_t todo;		      /* bit w: something new in word w; VGIC_TODO_LATCHED(w): likewise, but no more than latches that have become pending; any core, atomically */
	uint32_t mine[VGIC_WORDS];    /* SPIs routed here, [0] all ones; any core, atomically */
	uint32_t evicted[VGIC_WORDS]; /* acknowledged here, active, put out of the list registers; likewise */
	uint32_t masked[VGIC_WORDS];  /* physical lines that are masked until this vCPU runs; likewise */
	uint32_t closed;	      /* bit w: masked[w] may not be zero; likewise, set after it */

	/* its own core's; others only read `used` and `lr`, after a sync. First what every switch looks at, side by side */
	uint32_t left;		    /* bit w: more is pending in word w than list registers can take */
	uint32_t shut;		    /* bit w: pending in a group that the CPU interface has disabled */
	uint32_t used;		    /* bit n: list register n was filled, and is not known to be done */
	uint32_t out;		    /* bit w: evicted[w] may not be zero */
	uint32_t priorities_active; /* current while not live: some of ap0r and ap1r are not zero */
	uint32_t hcr;		    /* as last written, always current */
	uint32_t vmcr;		    /* current while not live */
	bool live;		    /* in the hardware */
	bool begun;		    /* the CPU interface has been used since its reset; until then it never is in the hardware, and every access to it traps */
	bool asleep;		    /* GICR_WAKER.ProcessorSleep */
	bool asking;		    /* a read waits for other vCPUs' list registers ... */
	uint32_t ask_what;	    /* ... this register ... */
	uint32_t ask_sync;	    /* ... as of this generation */
	uint32_t synced;	    /* generation of vgic_dist.sync that was answered; atomic */
	uint32_t latched;	    /* bit n: its pending state came from vgic_word.pending, not from a line */
	uint32_t again;		    /* private interrupts held by a list register that they could be put in as they were; none while something is left ... */
	uint8_t home[32];	    /* ... this one */
	uint8_t priority[32] __attribute__((aligned(8)));
	uint64_t lr[VGIC_LRS]; /* as last read or written; current while not live */

	uint32_t ap0r[4], ap1r[4]; /* current while not live */

	uint32_t touched; /* another vCPU has written to its redistributor since it was reset; any core, set behind the change */
};

/* [0] is unused: INTIDs 0-31 are in vgic_cpu. */
struct vgic_dist {
	uint32_t ctlr; /* GICD_CTLR: enables of the two groups */
	uint32_t sync; /* generation of requests for list registers' states; atomic */
	struct vgic_word word[VGIC_WORDS];
	uint8_t priority[VGIC_LINES] __attribute__((aligned(8)));
	uint8_t route[VGIC_LINES] __attribute__((aligned(8)));	 /* Aff0 of the vCPU, or one that does not exist */
	uint16_t pintid[VGIC_LINES] __attribute__((aligned(8))); /* a device's physical INTID, or 0 */
};

/* All on the vCPU's own core unless said otherwise. */
void vgic_dist_reset(struct partition *p); /* nobody of p runs: everything, its vCPUs too; pintid[] from the blob;
					      its lines, which are masked, are the first vCPU's to open */
void vgic_cpu_reset(struct vcpu *v);	   /* not live. Also when it is switched off: pending SPIs go back to the others */
void vgic_cpu_wake(struct vcpu *v);	   /* not live. After a suspend that lost the core: the CPU interface is as after
					      reset, the redistributor and what is pending are as they were */
void vgic_lines_told(struct vcpu *t);	   /* REQ_IRQ; also another core's t, where it does nothing: lines may have been left to it */
void vgic_update(struct vcpu *v);	   /* the same, where it is not the shortest way: vgic_take_in() */
void vgic_sync(struct vcpu *v);		   /* REQ_SYNC: publishes the list registers' states */
void vgic_pass(struct vcpu *v);		   /* a look at everything (vgic_pass.c) */
void vgic_maintenance(struct vcpu *v);	   /* the maintenance interrupt; v live */

/* An interrupt that the guest would take is pending, so WFI returns: enabled, its group enabled,
 * above the priority mask. What is active already is not looked at. v live or not. */
bool vgic_pending(struct vcpu *v);

/*
 * A private interrupt, edge or physical; v live or not.
 *
 * hw: physical on this core, acknowledged, its priority dropped, still active; v is live. The
 * guest's deactivation reaches the physical interrupt (LR.HW). Until then the physical active state
 * keeps the level line from firing again. It belongs to v, not to the core: vgic_save() takes the
 * active state away, so that the next vCPU's timer, the same physical interrupt, can fire, and
 * vgic_load() puts it back, so that v's timer, whose line is still up, does not fire twice and the
 * deactivation finds what it expects. Hence the order above: while the active state is not there, the
 * line must be down.
 */
void vgic_raise_private(struct vcpu *v, uint32_t intid, bool hw);
void vgic_sgi_came(struct vcpu *v, uint32_t intid);		    /* an SGI of Group 1 to v alone, which came as a physical one; v live or not */
void vgic_withdraw_private(struct vcpu *v, uint32_t intid);	    /* raised with hw, v live: the line is low; not taken yet, it goes */
void vgic_line_private(struct vcpu *v, uint32_t intid, bool level); /* an emulated PPI's input, e.g. 30 */

/* SPIs; any core. */
void vgic_raise_device(struct partition *p, uint32_t vintid); /* physical SPI acknowledged at EL2, still active there */
void vgic_raise_spi(struct partition *p, uint32_t intid);     /* an edge */
void vgic_line_spi(struct partition *p, uint32_t intid, bool level);

/* Trapped accesses by v, which is live. */
enum vgic_result vgic_gicd(struct vcpu *v, struct vgic_access *a);
bool vgic_gicd_write(struct vcpu *v, uint32_t offset, uint32_t value);		   /* a word, by the short way; false: not this one */
enum vgic_result vgic_gicr(struct vcpu *v, uint32_t index, struct vgic_access *a); /* redistributor of vCPU index */
void vgic_sgi(struct vcpu *v, uint64_t value, uint32_t group);			   /* ICC_SGI1R_EL1 (group 1); ICC_SGI0R_EL1, ICC_ASGI1R_EL1 (0) */
void vgic_dir(struct vcpu *v, uint64_t value);					   /* ICC_DIR_EL1, which traps while ICH_HCR_EL2.TDIR is set */

#endif
