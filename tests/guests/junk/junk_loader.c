/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The junk loader: a first stage as bad as the arm64 boot protocol allows. It fills all memory but
 * the image's, the GIC's state and every EL1 and EL2 register with junk, and jumps to the image with
 * the MMU off, interrupts masked and the stack pointer of the wrong level selected.
 *
 * What to do is found in struct order at 0x40100000, put there by QEMU's loader device.
 */
#include "abi/blob.h"
#include "tests/guests/guest.h"

#define ORDER_AT 0x40100000ul
#define MEMORY	 0x40000000ul

struct order {
	uint64_t memory_end;
	uint64_t image; /* where it was loaded */
};

void junk_jump(uint64_t where) __attribute__((noreturn));

extern const char guest_end[];

static void fill(uint64_t from, uint64_t to)
{
	uint64_t v = 0xa5c3f10e9b7d5511;

	for (uint64_t a = from; a < to; a += 16)
		__asm__ volatile("stp %0, %1, [%2]" ::"r"(v ^ a), "r"(~v + a), "r"(a)
				 : "memory");
}

static void fill_memory(const struct order *o)
{
	const struct bh_image_header *h = (const struct bh_image_header *)(uintptr_t)o->image;
	uint64_t self = (uint64_t)(uintptr_t)guest_header & ~0xffful;
	uint64_t self_end = ((uint64_t)(uintptr_t)guest_end + 0xfff) & ~0xffful;
	uint64_t image_end = (o->image + h->file_bytes + 15) & ~15ul;

	if (h->magic != BH_IMAGE_MAGIC || image_end > self) {
		put("junk: no image there\n");
		power_off();
	}
	fill(MEMORY, o->image); /* with the order itself: it is copied */
	fill(image_end, self);
	fill(self_end, o->memory_end);
}

/* Everything enabled, pending, active and urgent that can be. */
static void fill_gic(void)
{
	uint64_t rd = GICR, sgi = GICR + 0x10000;

	*reg32(GICD + GICD_CTLR) = 0x13;
	for (uint32_t i = 1; i < 9; i++) {
		*reg32(GICD + GICD_IGROUPR + i * 4) = 0x5a5a5a5a;
		*reg32(GICD + GICD_ISENABLER + i * 4) = 0xffffffff;
		*reg32(GICD + GICD_ISPENDR + i * 4) = 0xf0f0f0f0;
		*reg32(GICD + GICD_ISACTIVER + i * 4) = 0x33333333;
	}
	for (uint32_t i = 32; i < 288; i++) {
		*reg8(GICD + GICD_IPRIORITYR + i) = (uint8_t)(i * 13);
		gic_route(i, 0);
	}
	*reg32(rd + GICR_WAKER) = 0;
	*reg32(sgi + GICD_IGROUPR) = 0xffffffff;
	*reg32(sgi + GICD_ISENABLER) = 0xffffffff;
	*reg32(sgi + GICD_ISPENDR) = 0xffffffff;
	*reg32(sgi + GICD_ISACTIVER) = 0x0f0f0f0f;
}

void guest_el2(uint64_t fdt)
{
	struct order o = *(const volatile struct order *)ORDER_AT;

	(void)fdt;
	uart_init();
	put("junk: begin\n");
	fill_memory(&o);
	fill_gic();
	put("junk: jump\n");
	junk_jump(o.image);
}

void guest_main(void)
{
	put("junk: entered at EL1; it needs EL2\n");
}
