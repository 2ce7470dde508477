/* SPDX-License-Identifier: Apache-2.0 */
/* Identification registers as they read, and the cache geometry. */
#include "tests/guests/probe/probe.h"

static void id(uint32_t crm, uint32_t op2, uint64_t value)
{
	put("id.c0.c");
	put_dec(crm);
	put_char('.');
	put_dec(op2);
	put_char(' ');
	put_hex(value);
	put_char('\n');
}

#define ID(crm, op2) id(crm, op2, read_reg(S3_0_C0_C##crm##_##op2))
#define ID_ROW(crm) \
	ID(crm, 0); \
	ID(crm, 1); \
	ID(crm, 2); \
	ID(crm, 3); \
	ID(crm, 4); \
	ID(crm, 5); \
	ID(crm, 6); \
	ID(crm, 7)

static void caches(void)
{
	uint64_t clidr = read_reg(clidr_el1);

	say_hex("clidr", clidr);
	for (uint32_t level = 0; level < 7 && clidr >> level * 3 & 7; level++)
		for (uint32_t side = 0; side < 2; side++) {
			uint64_t type = clidr >> level * 3 & 7;

			if (side ? !(type & 1) : type == 1)
				continue;
			write_reg(csselr_el1, level << 1 | side);
			isb();
			put("ccsidr.");
			put_dec(level << 1 | side);
			put_char(' ');
			put_hex(read_reg(ccsidr_el1));
			put_char('\n');
		}
}

void probe_ids(void)
{
	say_hex("midr", read_reg(midr_el1));
	say_hex("mpidr", read_reg(mpidr_el1));
	say_hex("revidr", read_reg(revidr_el1));
	say_hex("aidr", read_reg(aidr_el1));
	say_hex("ctr", read_reg(ctr_el0));
	say_hex("dczid", read_reg(dczid_el0));
	say_hex("currentel", read_reg(currentel));
	caches();
	ID_ROW(1);
	ID_ROW(2);
	ID_ROW(3);
	ID_ROW(4);
	ID_ROW(5);
	ID_ROW(6);
	ID_ROW(7);
}
