/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of the test guests: caught and counted while armed, else reported, and the end. */
#include "tests/guests/guest.h"

volatile struct caught caught;

__attribute__((weak)) void guest_el2(uint64_t fdt)
{
	(void)fdt;
}

void guest_report(const struct frame *f)
{
	put("guest: exception, vector ");
	put_dec(f->kind);
	put(" esr ");
	put_hex(f->esr);
	put(" far ");
	put_hex(f->far);
	put(" elr ");
	put_hex(f->elr - (uint64_t)(uintptr_t)&guest_header);
	put(" (of the image)\n");
	power_off();
}

static void catch_one(struct frame *f)
{
	uint32_t ec = ESR_EC(f->esr);

	if (f->kind != 4)
		guest_report(f);
	caught.count = caught.count + 1;
	caught.esr = f->esr;
	caught.far = f->far;
	caught.elr = f->elr;
	if (ec == 0x20 || ec == 0x21)
		f->elr = f->x[30];	 /* a jump to nowhere: back to the caller */
	else if (ec < 0x15 || ec > 0x17) /* SVC, HVC, SMC return behind themselves already */
		f->elr += 4;
}

void catch_start(void)
{
	caught.count = 0;
	sync_handler = catch_one;
	isb();
}

bool catch_end(void)
{
	dsb();
	isb();
	sync_handler = NULL;
	return caught.count != 0;
}
