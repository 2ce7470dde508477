/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot stub on the bare machine, as a partition would run it: each operation, its edges and its
 * failures, with the processor's CRC and DC ZVA and without them. One line a case, "ok" or "WRONG".
 */
#include "abi/call.h"
#include "abi/stub.h"
#include "tests/guests/guest.h"

#define SOURCE 0x50000000ul
#define RAM    0x60000000ul
#define SPAN   0x40000ul /* of RAM that is looked at */
#define ENTRY  0x1234u
#define ARG    0x5678u
#define JUNK   0xa5u

#define HCR_EL2_DC   (1ull << 12)
#define HCR_EL2_TID3 (1ull << 18)
#define HCR_EL2_TDZ  (1ull << 28)
#define HCR_EL2_RW   (1ull << 31)
#define HCR_EL2_VM   1ull

#define NOT_MAPPED 0x200000000ul

void stubtest_run(const struct bh_stub_params *params, uint64_t x[3]);

static union {
	struct bh_stub_params head;
	uint8_t bytes[sizeof(struct bh_stub_params) + 8 * sizeof(struct bh_stub_op)]; /* room for its operations */
} params __attribute__((aligned(64)));

static uint64_t root[512] __attribute__((aligned(4096)));

/* The stub's stage 2: devices, 3 GiB of RAM, nothing else; traps of what shall seem absent. */
static void set_stage2(uint64_t traps)
{
	root[0] = 0x7c5;
	for (uint64_t i = 1; i < 4; i++)
		root[i] = i << 30 | 0x7fd;
	dsb();
	write_reg(vtcr_el2, 1ull << 31 | 2ull << 16 | 3ull << 12 | 1ull << 10 | 1ull << 8 | 1ull << 6 | 25);
	write_reg(vttbr_el2, (uintptr_t)root);
	write_reg(hcr_el2, HCR_EL2_RW | HCR_EL2_DC | HCR_EL2_VM | traps);
	write_reg(sctlr_el1, 0x30d00800);
	__asm__ volatile("isb; tlbi vmalls12e1; dsb sy; isb" ::
				 : "memory");
}

static uint8_t *byte(uint64_t address)
{
	__asm__(""
		: "+r"(address));
	return (uint8_t *)address;
}

static void begin(void)
{
	for (uint64_t i = 0; i < SPAN; i++)
		*byte(RAM + i) = JUNK;
	params.head = (struct bh_stub_params){ .magic = BH_STUB_MAGIC,
					       .abi_version = BH_ABI_VERSION,
					       .entry = ENTRY,
					       .arg = ARG,
					       .ram_base = RAM,
					       .ram_bytes = SPAN };
}

static void add(uint32_t kind, uint64_t dst, uint64_t src, uint64_t bytes, uint64_t value)
{
	params.head.op[params.head.n_ops++] =
		(struct bh_stub_op){ .kind = kind, .dst = dst, .src = src, .bytes = bytes, .value = value };
}

static bool answers(uint32_t call, uint64_t x1, uint64_t x2)
{
	uint64_t x[3];

	dsb();
	stubtest_run(&params.head, x);
	return (uint32_t)x[0] == call && x[1] == x1 && x[2] == x2;
}

static bool done(void)
{
	return answers(BH_CALL_BOOT_DONE, ENTRY, ARG);
}

static bool failed(enum bh_boot_error error, uint64_t op)
{
	return answers(BH_CALL_BOOT_FAILED, error, op);
}

static bool all(uint64_t from, uint64_t bytes, uint8_t value)
{
	for (uint64_t i = 0; i < bytes; i++)
		if (*byte(from + i) != value)
			return false;
	return true;
}

static uint32_t crc32c(uint64_t from, uint64_t bytes)
{
	uint32_t c = ~0u;

	for (uint64_t i = 0; i < bytes; i++) {
		c ^= *byte(from + i);
		for (uint32_t b = 0; b < 8; b++)
			c = c >> 1 ^ (0x82f63b78u & -(c & 1));
	}
	return ~c;
}

static bool clears(uint64_t at, uint64_t bytes)
{
	begin();
	add(BH_STUB_CLEAR, RAM + at, 0, bytes, 0);
	return done() && all(RAM, at, JUNK) && all(RAM + at, bytes, 0) &&
	       all(RAM + at + bytes, SPAN - at - bytes, JUNK);
}

static void check_clear(void)
{
	bool ok = true;

	for (uint64_t n = 0; n <= 2048; n += 64)
		ok = ok && clears(4096 - n / 128 * 64, n);
	say_ok("clear.edges", ok);
	say_ok("clear.all", clears(0, SPAN));
}

static bool copies(uint64_t bytes)
{
	begin();
	add(BH_STUB_COPY, RAM + 128, SOURCE, bytes, crc32c(SOURCE, bytes));
	if (!done() || !all(RAM, 128, JUNK) || !all(RAM + 128 + bytes, 4096, JUNK))
		return false;
	for (uint64_t i = 0; i < bytes; i++)
		if (*byte(RAM + 128 + i) != *byte(SOURCE + i))
			return false;
	return true;
}

static bool refuses(uint32_t kind)
{
	begin();
	add(BH_STUB_CLEAR, RAM, 0, 64, 0);
	add(kind, kind == BH_STUB_COPY ? RAM + 64 : SOURCE, SOURCE, 4096, crc32c(SOURCE, 4096) ^ 1);
	return failed(BH_BOOT_E_CRC, 1);
}

static void check_copy(void)
{
	say_ok("copy.none", copies(0));
	say_ok("copy.64", copies(64));
	say_ok("copy.many", copies(0x10040));
	say_ok("copy.damaged", refuses(BH_STUB_COPY));
	begin();
	add(BH_STUB_CHECK, SOURCE, 0, 0x10040, crc32c(SOURCE, 0x10040));
	say_ok("check.good", done());
	say_ok("check.damaged", refuses(BH_STUB_CHECK));
}

static void check_quiet(void)
{
	begin();
	add(BH_STUB_QUIET, RAM + 1, 0, 1, 0x11);
	add(BH_STUB_QUIET, RAM + 2, 0, 2, 0x2222);
	add(BH_STUB_QUIET, RAM + 4, 0, 4, 0x44444444);
	add(BH_STUB_QUIET, RAM + 8, 0, 8, 0x8888888888888888);
	say_ok("quiet.widths", done() && all(RAM, 1, JUNK) && all(RAM + 1, 1, 0x11) && all(RAM + 2, 2, 0x22) &&
				       all(RAM + 4, 4, 0x44) && all(RAM + 8, 8, 0x88) && all(RAM + 16, 64, JUNK));
	begin();
	add(BH_STUB_QUIET, RAM, 0, 3, 0);
	say_ok("quiet.no_width", failed(BH_BOOT_E_OP, 0));
}

static void check_refusals(void)
{
	begin();
	params.head.magic ^= 1;
	say_ok("params.magic", failed(BH_BOOT_E_PARAMS, 0));
	begin();
	params.head.abi_version++;
	say_ok("params.version", failed(BH_BOOT_E_PARAMS, 0));
	begin();
	add(BH_STUB_CLEAR, RAM, 0, 64, 0);
	add(99, RAM, 0, 64, 0);
	say_ok("op.unknown", failed(BH_BOOT_E_OP, 1));
	begin();
	add(BH_STUB_CLEAR, RAM, 0, 64, 0);
	add(BH_STUB_CLEAR, NOT_MAPPED, 0, 64, 0);
	say_ok("op.abort", failed(BH_BOOT_E_OP, 1));
}

void guest_el2(uint64_t fdt)
{
	static const uint64_t traps[] = { 0, HCR_EL2_TID3 | HCR_EL2_TDZ };
	uint32_t seed = 1;

	(void)fdt;
	uart_init();
	for (uint64_t i = 0; i < 0x20000; i++) {
		seed = seed * 1103515245u + 12345u;
		*byte(SOURCE + i) = (uint8_t)(seed >> 16);
	}
	for (uint32_t i = 0; i < 2; i++) {
		set_stage2(traps[i]);
		say("processor", i ? "without" : "with");
		check_clear();
		check_copy();
		check_quiet();
		check_refusals();
	}
	say("stub", "checked");
	power_off();
}

void guest_main(void)
{
	say("stub", "needs EL2");
}
