/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the portable kernel needs of a processor: exactly this, chosen at link time. A port lives
 * in arch/<port>, and also defines struct arch_vcpu (arch_vcpu.h), struct arch_partition
 * (arch_partition.h), and in line what arch_core.h and arch_vcpu.h are asked for (kernel/core.h, kernel/vcpu.h). Everything runs with interrupts masked. "Own core" means:
 * called on the core that v is bound to. Whenever a guest or a sleep ends, the port leaves a trace record (trace.h) first: its time is
 * when the kernel was entered.
 */
#ifndef KERNEL_ARCH_H
#define KERNEL_ARCH_H

#include "kernel/core.h"
#include "kernel/partition.h"
#include "kernel/vcpu.h"

/* --- the core --- */
void arch_kick(struct core *c);		  /* makes core c leave its guest or its sleep; any core */
bool arch_irq_waits(void);		  /* is an interrupt pending? */
void arch_irq_take(void);		  /* handles one that is pending; nothing where none is */
void arch_idle(void);			  /* sleeps until an interrupt is pending, then handles what is pending */
bool arch_core_start(uint32_t n);	  /* boot core: switches core n on; false: firmware refused */
void arch_core_init(struct core *c);	  /* on core c: traps, timer, interrupt controller */
noreturn void arch_halt(void);		  /* this core stops for good, in a known state */
void arch_system_reset(void);		  /* the machine begins anew, by firmware; returns where that refuses */
noreturn void arch_enter(struct vcpu *v); /* the first entry after boot */

/* --- early and last words: the board's UART; may be called with anything broken --- */
void arch_putc(char c);

/* --- a vCPU's registers; own core --- */
void arch_vcpu_init(struct vcpu *v);						      /* once, at boot; state is zero */
void arch_vcpu_reset(struct vcpu *v, enum vcpu_entry how, uint64_t pc, uint64_t arg); /* not loaded */
bool arch_vcpu_begin(struct vcpu *v, uint64_t pc, uint64_t arg);		      /* reset as ENTRY_GUEST, loaded since then or not, and it has not run: it begins there, what others posted is taken in; false: its partition has changed it meanwhile: to be reset anew */
void arch_vcpu_off(struct vcpu *v);						      /* it is switched off: what it held goes back, its registers stay as they were for who inspects it; not loaded */
void arch_vcpu_load(struct vcpu *v);						      /* hardware := v, and selects its root */
void arch_vcpu_save(struct vcpu *v);						      /* v := hardware, and selects the empty root */
struct vcpu *arch_vcpu_switch(struct core *c, struct vcpu *from, struct vcpu *to);    /* saves one and loads the other, and c, their core, knows it; answers the other. An error that the first one's accesses caused comes now at the latest; where that changes who runs, the core is kicked */
void arch_vcpu_finish(struct vcpu *v, uint64_t value);				      /* the emulated access v made is done (a read got value) */
void arch_vcpu_abort(struct vcpu *v);						      /* the access v made fails: external abort into the guest */
void arch_vcpu_settle(struct vcpu *v);						      /* not loaded: whatever the hardware still holds of it goes to memory */
void arch_vcpu_root(struct vcpu *v, uint64_t root);				      /* not loaded: from now on it sees that root (pa) */
uint64_t *arch_vcpu_register(struct vcpu *v, uint32_t n);			      /* settled; enum bh_register, n < BH_REGISTER_END */
bool arch_vcpu_set_register(struct vcpu *v, uint32_t n, uint64_t value);	      /* settled; any core; false: not that one, or not that value */
void arch_vcpu_debug(struct vcpu *v, enum bh_debug how);			      /* settled; any core; a reset does not change it */
uint64_t arch_vcpu_pc(const struct vcpu *v);
ticks_t arch_vcpu_deadline(const struct vcpu *v); /* when a timer of v fires if v is not loaded; ~0: never. In line beside struct arch_vcpu: arch_vcpu_is_timed(), false: never, at one look */

/* --- interrupts of partitions --- */
void arch_irq_raise(struct partition *p, uint32_t intid);		    /* an edge; any core */
const uint32_t *arch_irq_raised(const struct partition *p, uint32_t intid); /* where its bit, intid % 32, is set, one more edge changes nothing. Its cores are not dedicated */
void arch_irq_line(struct partition *p, uint32_t intid, bool level);	    /* a level input; any core */
void arch_irq_update(struct vcpu *v);					    /* own core: take in what others posted */
void arch_irq_sync(struct vcpu *v);					    /* own core: REQ_SYNC */
bool arch_irq_pending(struct vcpu *v);					    /* own core: would WFI return? */
void arch_irq_open(struct vcpu *v);					    /* own core: v is about to run: no line of its devices stays masked (core->shut) */

/* --- a partition as a whole --- */
void arch_partition_reset(struct partition *p); /* nobody of p runs: interrupts and devices as after power-on */
void arch_partition_start(struct partition *p); /* before its first vCPU starts */

#endif
