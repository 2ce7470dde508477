/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage 2 aborts: the virtual interrupt controller's registers, emulated regions, and accesses to
 * what is not declared. Instructions are never decoded: an access without a syndrome is refused.
 */
#include "arm64.h"
#include "kernel/arch.h"
#include "kernel/emul.h"
#include "kernel/health.h"
#include "kernel/trace.h"

#include "direct.h"
#include "vgic_read.h"

/* ISS of a data abort (DDI 0487, "ISS encoding for an exception from a Data Abort") */
#define ISS_ISV		  BIT(24)
#define ISS_SAS(esr)	  ((uint32_t)((esr) >> 22) & 3u)
#define ISS_SSE		  BIT(21)
#define ISS_SRT(esr)	  ((uint32_t)((esr) >> 16) & 0x1fu)
#define ISS_SF		  BIT(15)
#define ISS_FNV		  BIT(10)
#define ISS_S1PTW	  BIT(7)
#define ISS_WNR		  BIT(6)
#define ISS_FSC_TYPE(esr) ((uint32_t)((esr) >> 2) & 0xfu)
#define FSC_PERMISSION	  3u
#define FSC_EXTERNAL	  4u

#define PAR_F		1ull
#define PAR_PA		0x0000fffffffff000ull
#define HPFAR_PA(hpfar) (((hpfar)&0xfffffffff0ull) << 8)

/*
 * Stage 1 of the guest's own address, by the processor. Its walk may meet an external abort, where
 * the guest's tables lie in a device with holes, and that is taken here, at EL2: entry.S steps over
 * the instruction and says so in x0. Then ELR_EL2 and SPSR_EL2 are not the guest's any more, so they
 * are put back, and FAR_EL2; and PAR_EL1, which is the guest's too.
 */
static __attribute__((noinline)) bool translate(uint64_t va, ipa_t *ipa)
{
	uint64_t pc = read_reg(elr_el2), pstate = read_reg(spsr_el2), saved = read_reg(par_el1);
	uint64_t far = read_reg(far_el2), par, failed;

	__asm__ volatile("mov x1, %1\n mov x0, #0\n"
			 ".global translate_at\n translate_at: at s1e1r, x1\n isb\n mov %0, x0"
			 : "=r"(failed)
			 : "r"(va)
			 : "x0", "x1", "memory");
	par = read_reg(par_el1);
	write_reg(par_el1, saved);
	write_reg(elr_el2, pc);
	write_reg(spsr_el2, pstate);
	write_reg(far_el2, far);
	*ipa = (par & PAR_PA) | (va & 0xfff);
	return !failed && !(par & PAR_F);
}

/*
 * HPFAR_EL2 holds the faulting page for translation, access-flag and address-size faults and for
 * any fault met on a stage 1 walk. For a plain permission fault it is UNKNOWN, so it is not read.
 */
static bool fault_address(uint64_t esr, ipa_t *ipa)
{
	uint64_t far = read_reg(far_el2);

	if ((esr & ISS_S1PTW) || ISS_FSC_TYPE(esr) < FSC_PERMISSION) {
		*ipa = HPFAR_PA(read_reg(hpfar_el2)) | (far & 0xfff);
		return true;
	}
	if (ISS_FSC_TYPE(esr) != FSC_PERMISSION || (esr & ISS_FNV))
		return false;
	return translate(far, ipa);
}

/* An access reads zero and writes nothing; an instruction without a syndrome, or that is not there, cannot be passed over like that. */
static bool is_passable(uint64_t esr, bool fetch)
{
	return !fetch && (esr & ISS_ISV);
}

static void finish(struct vcpu *v, uint64_t esr, uint64_t value);

/* MEM-2, LOG-1: the log says who, what and where, and the guest gets what its policy says. */
static void refuse(struct vcpu *v, uint64_t esr, enum bh_event event, bool known, ipa_t ipa, bool fetch)
{
	uint64_t value = fetch ? BH_ACCESS_FETCH : esr & ISS_WNR ? BH_ACCESS_WRITE
								 : 0;

	if (fetch)
		value |= 4;
	else if (esr & ISS_ISV)
		value |= 1u << ISS_SAS(esr);
	if (!known)
		value |= BH_ACCESS_NO_ADDR;
	switch (health_vcpu(v, BH_FAULT_ACCESS, event, known ? ipa : read_reg(far_el2), value)) {
	case HEALTH_ENDS: return;
	case HEALTH_INJECT: break;
	case HEALTH_GOES_ON:
		if (!is_passable(esr, fetch))
			break;
		finish(v, esr, 0);
		pc_advance(esr);
		return;
	}
	inject_abort(v, esr, read_reg(far_el2), fetch);
}

/* What a load puts into its register: extended as the instruction has it. */
static uint64_t extend(uint64_t esr, uint64_t value)
{
	uint32_t bits = 8u << ISS_SAS(esr);

	if (bits < 64)
		value &= BIT64(bits) - 1;
	if ((esr & ISS_SSE) && bits < 64 && (value >> (bits - 1) & 1))
		value |= ~0ull << bits;
	return esr & ISS_SF ? value : (uint32_t)value;
}

static void finish(struct vcpu *v, uint64_t esr, uint64_t value)
{
	if (!(esr & ISS_WNR))
		reg_set(v, ISS_SRT(esr), extend(esr, value));
}

/* v may be loaded or not: a core that does nothing else keeps it loaded while it waits. */
void arch_vcpu_finish(struct vcpu *v, uint64_t value)
{
	uint64_t esr = v->arch.access;

	finish(v, esr, value);
	if (v->core->loaded == v)
		pc_advance(esr);
	else
		pc_step(esr, &v->arch.pc, &v->arch.pstate);
}

/* The abort needs the guest's EL1 registers: it is given when the vCPU is loaded again. */
void arch_vcpu_abort(struct vcpu *v)
{
	if (v->core->loaded == v) {
		inject_abort(v, v->arch.access, v->arch.access_far, false);
		return;
	}
	v->arch.abort_pending = 1;
	switch_review(v);
}

static void emulated(struct vcpu *v, uint64_t esr, ipa_t ipa, const struct bh_region *r)
{
	struct access a = { .offset = (uint32_t)(ipa - r->ipa),
			    .bytes = 1u << ISS_SAS(esr),
			    .write = (esr & ISS_WNR) != 0,
			    .value = (uint32_t)reg_get(v, ISS_SRT(esr)) };

	if (a.bytes > 4 || (a.offset & (a.bytes - 1))) {
		refuse(v, esr, BH_EVENT_SYNDROME, true, ipa, false);
		return;
	}
	if (a.bytes < 4)
		a.value &= (1u << 8 * a.bytes) - 1;
	v->arch.access = esr;
	v->arch.access_far = read_reg(far_el2);
	if (unlikely(v->arch.is_direct))
		direct_line_again(v->part, emul_at(r->object)->desc->intid);
	switch (emul_access(v, emul_at(r->object), &a)) {
	case EMUL_DONE:
		finish(v, esr, a.value);
		pc_advance(esr);
		break;
	case EMUL_FAULT:
		refuse(v, esr, BH_EVENT_SERVER, true, ipa, false);
		break;
	case EMUL_WAIT:
	case EMUL_AGAIN:
		break;
	}
}

static void vgic(struct vcpu *v, uint64_t esr, ipa_t ipa)
{
	struct vgic_access a = { .bytes = 1u << ISS_SAS(esr), .write = (esr & ISS_WNR) != 0 };
	enum vgic_result done;

	if (ipa & (a.bytes - 1)) {
		refuse(v, esr, BH_EVENT_SYNDROME, true, ipa, false);
		return;
	}
	a.value = reg_get(v, ISS_SRT(esr));
	if (a.bytes < 8)
		a.value &= BIT64(8 * a.bytes) - 1;
	if (ipa < VGIC_GICR_IPA) {
		a.offset = (uint32_t)ipa - VGIC_GICD_IPA;
		done = unlikely(v->arch.is_direct) ? direct_gicd(v, &a) : vgic_gicd(v, &a);
	} else {
		uint32_t index = ((uint32_t)ipa - VGIC_GICR_IPA) / VGIC_GICR_BYTES;

		a.offset = ((uint32_t)ipa - VGIC_GICR_IPA) % VGIC_GICR_BYTES;
		if (unlikely(v->arch.is_direct)) {
			done = direct_gicr(v, index, &a);
		} else {
			timer_virtual_review(v);
			done = vgic_gicr(v, index, &a);
		}
	}
	if (done == VGIC_AGAIN)
		return;
	finish(v, esr, a.value);
	pc_advance(esr);
}

static bool is_vgic(const struct vcpu *v, ipa_t ipa)
{
	return ipa - VGIC_GICD_IPA < VGIC_GICD_BYTES ||
	       ipa - VGIC_GICR_IPA < (ipa_t)VGIC_GICR_BYTES * v->part->desc->n_vcpus;
}

void data_abort(struct vcpu *v, uint64_t esr)
{
	const struct bh_region *r;
	ipa_t ipa = 0;

	if (!fault_address(esr, &ipa)) {
		refuse(v, esr, BH_EVENT_ACCESS, false, 0, false);
		return;
	}
	if (!(esr & ISS_S1PTW) && is_vgic(v, ipa)) {
		if (esr & ISS_ISV)
			vgic(v, esr, ipa);
		else
			refuse(v, esr, BH_EVENT_SYNDROME, true, ipa, false);
		return;
	}
	r = region_find(v->part, ipa);
	if (!r)
		refuse(v, esr, BH_EVENT_ACCESS, true, ipa, false);
	else if (r->kind != BH_REGION_EMULATED || (esr & ISS_S1PTW))
		refuse(v, esr, BH_EVENT_PERMISSION, true, ipa, false);
	else if (esr & ISS_ISV)
		emulated(v, esr, ipa, r);
	else
		refuse(v, esr, BH_EVENT_SYNDROME, true, ipa, false);
}

/* --- on the spot: see is_saved() --- */

static __attribute__((noinline)) uint64_t abort_quick(struct vcpu *v, uint64_t esr)
{
	if (unlikely(v->arch.is_direct) && direct_was_shut(v, esr))
		return LEFT_NEXT;
	if ((esr & (ISS_ISV | ISS_WNR)) == ISS_ISV && !is_saved(ISS_SRT(esr)))
		return LEFT_SYNC;
	trace(v->core, BH_TRACE_EXIT, v->who, ESR_EC(esr), esr, read_reg(elr_el2));
	data_abort(v, esr);
	return left_next(v);
}

static __attribute__((noinline)) uint64_t gicd_write_quick(struct vcpu *v, uint64_t esr, uint32_t offset)
{
	if (unlikely(v->arch.is_direct) || !vgic_gicd_write(v, offset, (uint32_t)reg_get(v, ISS_SRT(esr))))
		return abort_quick(v, esr);
	pc_advance(esr);
	return left_next(v);
}

/* A word read or written, as the syndrome has it: ISV, SAS; not SSE, not S1PTW, and HPFAR_EL2 says where (fault_address()). */
#define ISS_WORD(esr) (((esr) & (ISS_ISV | 3u << 22 | ISS_SSE | ISS_S1PTW | 3u << 4)) == (ISS_ISV | 2u << 22) && ISS_FSC_TYPE(esr) != FSC_PERMISSION)

/* The distributor first, where guests look again and again. */
uint64_t data_abort_quick(struct vcpu *v, uint64_t esr)
{
	uint64_t hpfar = read_reg(hpfar_el2);
	uint32_t offset = (uint32_t)(hpfar << 8 | (read_reg(far_el2) & 0xfff)) & (VGIC_GICD_BYTES - 1);
	int64_t value;

	if (!ISS_WORD(esr) || HPFAR_PA(hpfar) / VGIC_GICD_BYTES != VGIC_GICD_IPA / VGIC_GICD_BYTES)
		return abort_quick(v, esr);
	if (esr & ISS_WNR)
		return gicd_write_quick(v, esr, offset);
	value = vgic_gicd_read(v, offset);
	if (value < 0 || ISS_SRT(esr) == 31 || !is_saved(ISS_SRT(esr)))
		return abort_quick(v, esr);
	v->arch.x[ISS_SRT(esr)] = (uint64_t)value;
	return left_past(v, esr);
}

void fetch_abort(struct vcpu *v, uint64_t esr)
{
	ipa_t ipa = 0;
	bool known;

	if (unlikely(v->arch.is_direct) && direct_was_shut(v, esr))
		return;
	known = fault_address(esr, &ipa);
	refuse(v, esr, known && region_find(v->part, ipa) ? BH_EVENT_PERMISSION : BH_EVENT_ACCESS, known, ipa, true);
}
