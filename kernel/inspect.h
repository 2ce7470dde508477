/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into a partition from outside: it stands still (paused), or has ended and is held; the monitor sees its memory by
 * a root of its own, its registers by calls, and may debug it. The monitor is one vCPU, so none of this happens
 * twice at once; if it ends, whatever stood still for it goes on.
 */
#ifndef KERNEL_INSPECT_H
#define KERNEL_INSPECT_H

#include "kernel/partition.h"
#include "kernel/vcpu.h"

bool inspect_pause(struct partition *p, enum bh_pause why, uint32_t vcpu, uint64_t syndrome); /* any core; false: it does not run, or is paused */
bool inspect_resume(struct partition *p);						      /* any core; false: it is not paused, or shown */
bool inspect_is_paused(const struct partition *p);					      /* all its vCPUs stand still */
void inspect_attend(struct vcpu *v);							      /* own core: REQ_PAUSE */
void inspect_forget(struct vcpu *v);							      /* own core: v halts */
void inspect_break(struct vcpu *v, enum bh_pause why, uint64_t syndrome);		      /* own core: v, which is debugged, has come to a breakpoint, or made its step. If its debugger has ended, that is v's own affair again */
void inspect_ended(struct partition *p);						      /* all of p has halted */

/* The monitor's calls. Own core of v. */
int64_t inspect_release(struct vcpu *v, struct partition *p); /* BH_CONTROL_RELEASE */
int64_t inspect_show(struct vcpu *v, const uint64_t *arg);    /* BH_CALL_INSPECT */
int64_t inspect_registers(struct vcpu *v, uint64_t *arg);     /* BH_CALL_REGISTERS */
int64_t inspect_set_register(struct vcpu *v, const uint64_t *arg);
int64_t inspect_debug(struct vcpu *v, uint64_t *arg); /* BH_CALL_DEBUG */

#endif
