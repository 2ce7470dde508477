/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine of memory for the virtual interrupt controller: two cores whose virtual CPU interfaces
 * behave as Arm IHI 0069 has it, physical interrupts, and just enough of the kernel's vCPUs.
 * It stands in front of kernel/vcpu.h, kernel/partition.h, kernel/core.h and arch/arm64/sysreg.h, so
 * that vgic.c, vgic_regs.c and ich.h are compiled here as they are.
 */
#ifndef TESTS_VGIC_FAKES_H
#define TESTS_VGIC_FAKES_H

#define KERNEL_VCPU_H
#define KERNEL_PARTITION_H
#define KERNEL_CORE_H
#define KERNEL_SYSTEM_H
#define KERNEL_ARCH_H
#define KERNEL_SCHED_H
#define KERNEL_TRACE_H
#define ARM64_SYSREG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/blob.h"
#include "arch/arm64/gicv3.h"
#include "arch/arm64/vgic.h"
#include "kernel/types.h"
#include "lib/blob_at.h"

#define VCPUS 4u
#define CORES 2u

/* --- of the kernel --- */

#define REQ_IRQ	  BIT(2)
#define REQ_SYNC  BIT(5)
#define POWER_OFF 0
#define POWER_ON  1

struct core {
	const struct bh_core *desc;
	struct vcpu *loaded;
	uint32_t urgent, shut;
};
struct partition {
	struct {
		struct vgic_dist vgic;
	} arch;
	const struct bh_partition *desc;
	uint32_t number;
};
struct vcpu {
	struct {
		struct vgic_cpu vgic;
	} arch;
	const struct bh_vcpu *desc;
	struct partition *part;
	struct core *core;
	uint32_t requests, power, state;
	uint32_t bit;
};

enum { VCPU_READY,
       VCPU_WAITING,
       VCPU_CALLING };

static struct {
	struct bh_blob head;
	struct bh_irq irq[2];
} fake_blob;
static const struct bh_blob *blob = &fake_blob.head;

static struct bh_core core_desc[CORES];
static struct core cores[CORES];
static struct bh_partition part_desc;
static struct partition part;
static struct bh_vcpu vcpu_desc[VCPUS];
static struct vcpu vcpus[VCPUS];

static inline struct vcpu *partition_vcpu(const struct partition *p, uint32_t index)
{
	assert_ptr_equal(p, &part);
	assert_true(index < part_desc.n_vcpus);
	return &vcpus[index];
}

static inline void vcpu_post(struct vcpu *v, uint32_t requests)
{
	v->requests |= requests;
}

/* vCPUs by core and rank: see set_up(). */
static inline void sched_post(struct core *c, uint32_t bit)
{
	vcpu_post(&vcpus[(uint32_t)(c - cores) * 2 + lowest_bit(bit)], REQ_IRQ);
}

static inline bool vcpu_wakes_by_irq(const struct vcpu *v)
{
	return v->state == VCPU_WAITING;
}

void arch_irq_open(struct vcpu *v);

/* what is noted, counted */
static uint32_t lines_shut;
#define trace(core, kind, who, arg, a, b) ((void)(core), lines_shut++)

/* --- of a core --- */

struct interface {
	uint64_t lr[16];
	uint32_t hcr, vmcr;
	uint32_t ap[2];	  /* active priorities of both groups, 5 bits: one word each */
	uint32_t private; /* physical private interrupts that are active */
	struct vcpu *loaded;
};

static struct interface interfaces[CORES];
static uint32_t here; /* the core that runs */
static uint32_t lrs;  /* list registers of the machine */
static bool has_tdir; /* ICH_VTR_EL2.TDS */

static inline struct core *this_core(void)
{
	return &cores[here];
}

static inline uint64_t hw_vtr(void)
{
	return 4ull << 29 | 4u << 26 | (has_tdir ? BIT(19) : 0) | (lrs - 1);
}

static inline uint64_t hw_elrsr(void)
{
	uint64_t free = 0;

	for (uint32_t n = 0; n < lrs; n++) {
		uint64_t lr = interfaces[here].lr[n];

		if (lr >> 62 == 0 && ((lr >> 61 & 1) || !(lr >> 41 & 1)))
			free |= BIT(n);
	}
	return free;
}

#define hw_read_ich_vtr_el2()	 hw_vtr()
#define hw_read_ich_hcr_el2()	 ((uint64_t)interfaces[here].hcr)
#define hw_read_ich_vmcr_el2()	 ((uint64_t)interfaces[here].vmcr)
#define hw_read_ich_elrsr_el2()	 hw_elrsr()
#define hw_read_ich_ap0r0_el2()	 ((uint64_t)interfaces[here].ap[0])
#define hw_read_ich_ap1r0_el2()	 ((uint64_t)interfaces[here].ap[1])
#define hw_write_ich_hcr_el2(v)	 (interfaces[here].hcr = (uint32_t)(v))
#define hw_write_ich_vmcr_el2(v) (interfaces[here].vmcr = (uint32_t)(v))
#define hw_write_ich_lr0_el2(v)	 ich_lr_write(0, v)
#define hw_write_icc_sre_el1(v)	 assert_int_equal(v, 7)
#define read_reg(name)		 hw_read_##name()
#define write_reg(name, v)	 ((void)hw_write_##name(v))
#define isb()			 ((void)0)

void ich_lr_write(uint32_t n, uint64_t value);
#include "arch/arm64/ich.h"

uint64_t ich_lr_read(uint32_t n)
{
	assert_true(n < lrs);
	return interfaces[here].lr[n];
}

/* What the architecture forbids software to write is an error here. */
void ich_lr_write(uint32_t n, uint64_t value)
{
	assert_true(n < lrs);
	if (value >> 62 != 0) {
		if ((value & LR_HW) != 0)
			assert_true((value & LR_STATE) != LR_STATE);
		assert_true((value >> 48 & 7) == 0); /* bits of a priority that are not kept */
	}
	interfaces[here].lr[n] = value;
}

void ich_apr_save(uint32_t ap0r[4], uint32_t ap1r[4])
{
	ap0r[0] = interfaces[here].ap[0];
	ap1r[0] = interfaces[here].ap[1];
}

uint32_t ich_apr_others(void)
{
	fail_msg("this machine has one pair");
	return 0;
}

void ich_apr_load(const uint32_t ap0r[4], const uint32_t ap1r[4])
{
	interfaces[here].ap[0] = ap0r[0];
	interfaces[here].ap[1] = ap1r[0];
}

void ich_apr_clear(void)
{
	interfaces[here].ap[0] = interfaces[here].ap[1] = 0;
}

/* --- of the physical interrupt controller: two devices' SPIs and private interrupts --- */

#define DEVICES		 2u
#define DEVICE_VINTID(d) (40u + (d)*60u)
#define DEVICE_PINTID(d) (140u + (d))

static bool device_line[DEVICES], device_active[DEVICES], device_open[DEVICES];
static uint32_t device_core[DEVICES];

static inline void hw_physical_end(uint32_t pintid)
{
	if (pintid < 32) {
		assert_true((interfaces[here].private & BIT(pintid)) != 0);
		interfaces[here].private &= ~BIT(pintid);
		return;
	}
	assert_in_range(pintid, DEVICE_PINTID(0), DEVICE_PINTID(DEVICES - 1));
	assert_true(device_active[pintid - DEVICE_PINTID(0)]);
	device_active[pintid - DEVICE_PINTID(0)] = false;
}

void gic_deactivate(uint64_t intid)
{
	hw_physical_end((uint32_t)intid);
}

void gic_spi_mask(uint32_t intid)
{
	assert_in_range(intid, DEVICE_PINTID(0), DEVICE_PINTID(DEVICES - 1));
	device_open[intid - DEVICE_PINTID(0)] = false;
}

/* Who opens a line gets it. */
void gic_spi_open(uint32_t intid, uint64_t mpidr)
{
	assert_in_range(intid, DEVICE_PINTID(0), DEVICE_PINTID(DEVICES - 1));
	assert_int_equal(mpidr, here);
	device_open[intid - DEVICE_PINTID(0)] = true;
	device_core[intid - DEVICE_PINTID(0)] = here;
}

void gic_private_active(uint32_t intid, bool active)
{
	uint32_t was = interfaces[here].private;

	interfaces[here].private = active ? was | BIT(intid) : was & ~BIT(intid);
}

/* --- the virtual CPU interface, as the guest on core `here` uses it --- */

static inline bool hw_pending(uint64_t lr)
{
	return (lr & LR_STATE) == LR_PENDING &&
	       (interfaces[here].vmcr & ((lr & LR_GROUP1) ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0)) != 0;
}

/* The list register of the highest priority pending interrupt, or 16. */
static inline uint32_t hw_best(void)
{
	uint32_t best = 16;

	if ((interfaces[here].hcr & ICH_HCR_EN) == 0)
		return best;
	for (uint32_t n = 0; n < lrs; n++) {
		uint64_t lr = interfaces[here].lr[n];

		for (uint32_t i = 0; i < n && lr >> 62; i++) /* UNPREDICTABLE on hardware */
			assert_false(interfaces[here].lr[i] >> 62 && (uint32_t)interfaces[here].lr[i] == (uint32_t)lr);
		if (hw_pending(lr) && (best == 16 || (lr >> 48 & 0xff) < (interfaces[here].lr[best] >> 48 & 0xff)))
			best = n;
	}
	return best;
}

static inline uint32_t hw_running(void)
{
	uint32_t ap = interfaces[here].ap[0] | interfaces[here].ap[1];

	return ap ? lowest_bit(ap) << 3 : 0x100;
}

/* ICC_IAR: the INTID, or 1023. */
static inline uint32_t hw_acknowledge(void)
{
	struct interface *f = &interfaces[here];
	uint32_t n = hw_best(), prio;

	if (n == 16)
		return 1023;
	prio = f->lr[n] >> 48 & 0xff;
	if (prio >= f->vmcr >> 24 || prio >= hw_running())
		return 1023;
	f->lr[n] = (f->lr[n] & ~LR_STATE) | LR_ACTIVE;
	f->ap[(f->lr[n] & LR_GROUP1) != 0] |= BIT(prio >> 3);
	return (uint32_t)f->lr[n];
}

static inline void hw_deactivate(uint32_t intid)
{
	struct interface *f = &interfaces[here];

	for (uint32_t n = 0; n < lrs; n++)
		if ((uint32_t)f->lr[n] == intid && (f->lr[n] & LR_ACTIVE)) {
			f->lr[n] &= ~LR_ACTIVE;
			if (f->lr[n] & LR_HW)
				hw_physical_end(f->lr[n] >> 32 & 0x1fff);
			return;
		}
	f->hcr += 1u << ICH_HCR_EOICOUNT_SHIFT;
}

/* ICC_EOIR */
static inline void hw_end(uint32_t intid)
{
	struct interface *f = &interfaces[here];
	uint32_t ap = f->ap[0] | f->ap[1];

	if (ap == 0)
		return;
	f->ap[0] &= ~(ap & -ap);
	f->ap[1] &= ~(ap & -ap);
	if ((f->vmcr & ICH_VMCR_VEOIM) == 0)
		hw_deactivate(intid);
}

/* Is the maintenance interrupt asserted? */
static inline bool hw_maintenance(void)
{
	const struct interface *f = &interfaces[here];
	bool pending = false, end = false;

	if ((f->hcr & ICH_HCR_EN) == 0)
		return false;
	for (uint32_t n = 0; n < lrs; n++) {
		pending |= (f->lr[n] & LR_PENDING) != 0;
		end |= (f->lr[n] & (LR_STATE | LR_HW)) == 0 && (f->lr[n] & LR_EOI);
	}
	return end || ((f->hcr & ICH_HCR_LRENPIE) && f->hcr >> ICH_HCR_EOICOUNT_SHIFT) ||
	       ((f->hcr & ICH_HCR_NPIE) && !pending) || ((f->hcr & ICH_HCR_VGRP0EIE) && (f->vmcr & ICH_VMCR_VENG0)) ||
	       ((f->hcr & ICH_HCR_VGRP1EIE) && (f->vmcr & ICH_VMCR_VENG1)) ||
	       ((f->hcr & ICH_HCR_VGRP0DIE) && !(f->vmcr & ICH_VMCR_VENG0)) ||
	       ((f->hcr & ICH_HCR_VGRP1DIE) && !(f->vmcr & ICH_VMCR_VENG1));
}

/* --- all of it as after power-on; vCPUs 0 and 1 on core 0, 2 and 3 on core 1 --- */

static inline void hw_reset(uint32_t n_vcpus, uint32_t n_lrs, bool tdir)
{
	lrs = n_lrs;
	has_tdir = tdir;
	here = 0;
	memset(&part, 0, sizeof(part));
	memset(vcpus, 0, sizeof(vcpus));
	memset(interfaces, 0, sizeof(interfaces));
	memset(device_line, 0, sizeof(device_line));
	memset(device_active, 0, sizeof(device_active));
	memset(device_open, 0, sizeof(device_open));
	memset(cores, 0, sizeof(cores));
	fake_blob.head.off_irqs = offsetof(__typeof__(fake_blob), irq);
	fake_blob.head.n_irqs = DEVICES;
	for (uint32_t d = 0; d < DEVICES; d++)
		fake_blob.irq[d] = (struct bh_irq){ DEVICE_PINTID(d), DEVICE_VINTID(d), 0, BH_IRQ_LEVEL };
	part_desc.n_vcpus = n_vcpus;
	part.desc = &part_desc;
	for (uint32_t c = 0; c < CORES; c++) {
		interfaces[c].hcr = ICH_HCR_REST; /* gic_core_init() */
		core_desc[c].mpidr = c;
		cores[c].desc = &core_desc[c];
	}
	for (uint32_t i = 0; i < VCPUS; i++) {
		vcpu_desc[i] = (struct bh_vcpu){ .index = i, .core = i / 2 % CORES, .rank = i % 2 };
		vcpus[i].desc = &vcpu_desc[i];
		vcpus[i].part = &part;
		vcpus[i].core = &cores[i / 2 % CORES];
		vcpus[i].bit = BIT(i % 2);
		vcpus[i].power = POWER_ON;
	}
	vgic_dist_reset(&part);
	for (uint32_t i = 0; i < n_vcpus; i++) {
		vgic_cpu_reset(&vcpus[i]);
		vcpus[i].arch.vgic.begun = true;
	}
}

/* As switch.c moves it, the short way where there is one. */
#include "arch/arm64/vgic_switch.h"

static void switch_in(struct vcpu *v)
{
	if (v->arch.vgic.begun && vgic_load_is_plain(&v->arch.vgic))
		vgic_load_plain(v);
	else
		vgic_load(v);
}

static void switch_out(struct vcpu *v)
{
	if (v->arch.vgic.begun && vgic_save_is_plain(&v->arch.vgic))
		vgic_save_plain(v);
	else
		vgic_save(v);
}

#endif
