/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine made of memory, for tests of the portable kernel. Every core has its own stack and runs
 * the kernel's real boot, idle and exit paths; it goes on only when the test says so, and stops
 * where a guest runs, where it idles, and (if asked for) between any two steps that other cores
 * could see. Time stands still unless the test moves it. Rules of kernel/arch.h are checked at each
 * call; a breach ends in host_fail().
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "kernel/arch.h"
#include "kernel/emul.h"

#define HOST_POISON 0xdeadfa11cafe0000ull

enum host_where {
	HOST_OFF,    /* not started */
	HOST_GUEST,  /* its loaded vCPU runs */
	HOST_IDLE,   /* in arch_idle(), nothing pending */
	HOST_POINT,  /* in the kernel, between two steps */
	HOST_SPIN,   /* in arch_relax(): another core has to go on */
	HOST_HALTED, /* arch_halt() */
};

typedef void host_guest_fn(struct vcpu *v, void *arg); /* in the kernel, on v's core, as after a trap */

/* --- the machine --- */
void host_power_on(const struct bh_blob *b); /* system_init(); the cores are HOST_OFF until they are run */
void host_power_off(void);
void host_points(bool on); /* do cores stop at HOST_POINT? */

enum host_where host_where(uint32_t core);
bool host_can_run(uint32_t core);	 /* would host_run() change anything? */
enum host_where host_run(uint32_t core); /* takes pending interrupts and goes on to the next stop */
/* The loaded guest of that core traps: fn stands for the port's handler. Only where HOST_GUEST. */
enum host_where host_trap(uint32_t core, host_guest_fn *fn, void *arg);
void host_settle(void); /* runs all cores until none can go on */
void host_time_set(ticks_t now);
void host_frequency_set(uint64_t hz); /* of the counter; 1 GHz */

struct vcpu *host_guest(uint32_t core); /* who runs there, or NULL */
ticks_t host_alarm(uint32_t core);	/* what arch_timer_set() said last */
uint32_t host_kicks(uint32_t core);	/* ever sent to it */
void host_on(uint32_t core);		/* this thread is that core, without running it: for direct calls */
void host_off(void);			/* it is no core again */
void host_point(void);			/* a place where another core may run */

/* --- what guests do; in the kernel, on their core --- */
void host_wfi(struct vcpu *v);					      /* as the port has it, by the short way where there is one (sched_doze()) */
bool host_may_be_quick(struct vcpu *v);				      /* v's call may go by a short way: every other time */
bool host_has_timers(const struct vcpu *v);			      /* one of v, which runs, is set */
bool host_next(struct vcpu *v, struct vcpu *(*next)(struct vcpu *v)); /* who runs next is that one's affair; answers true */
void host_timer(struct vcpu *v, ticks_t when);			      /* v's virtual timer */
void host_ptimer(struct vcpu *v, ticks_t when);			      /* v's emulated timer */
void host_private(struct vcpu *v, uint32_t which);		      /* any core: a private interrupt of v pends */
uint32_t host_take(struct vcpu *v);				      /* v takes its private interrupts: which */
bool host_take_spi(struct partition *p, uint32_t intid);	      /* the edge was pending */
bool host_level(const struct partition *p, uint32_t intid);
enum emul_result host_access(struct vcpu *v, struct emul *e, struct access *a); /* the port's handler of an abort */

/* --- the UART --- */
const char *host_text(void);
void host_text_clear(void);

uint32_t host_system_resets(void); /* of the machine, that firmware was asked for */

/* --- a breach of kernel/arch.h's rules --- */
extern void (*host_failed)(const char *rule); /* NULL: prints it and aborts */
void host_fail(const char *rule);

#endif
