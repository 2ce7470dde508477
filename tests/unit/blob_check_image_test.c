/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_check() and image_blob_check(): a header whose places lie wrong is refused before the
 * kernel uses one of them.
 * sources: lib/blob_check.c lib/blob_check_health.c lib/blob_check_ports.c lib/blob_check_time.c lib/blob_piece.c lib/image_check.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/blob_fixture.h"

#define LOAD 0x44000000ull

static void header_make(struct bh_image_header *h)
{
	*h = (struct bh_image_header){
		.image_size = 0x800000, .linux_magic = 0x644d5241, .magic = BH_IMAGE_MAGIC, .abi_version = BH_ABI_VERSION, .header_bytes = sizeof(*h), .text_bytes = 0x6000, .rodata_bytes = 0x1000, .check_bytes = 0x3000, .bss_bytes = 0x3000, .stack_bytes = 0x2000, .core_bytes = 64, .partition_bytes = 128, .vcpu_bytes = 0x1000, .emul_bytes = 64, .port_bytes = 256, .load_pa = LOAD, .file_bytes = 0x300008, .covered_bytes = 0x200000, .blob_pa = LOAD + 0xa000, .blob_va = FIX_VA(0x20), .blob_bytes = sizeof(struct blob_fixture), .el2_root_pa = LOAD + 0x20000, .bss_pa = LOAD + 0x400000, .state_pa = LOAD + 0x410000, .state_va = FIX_VA(0x40), .state_bytes = 0x8000, .share_pa = LOAD + 0x420000, .share_va = FIX_VA(0x4e), .share_bytes = 0xf000, .uart_pa = 0x9000000, .uart_va = FIX_VA(0xa0), .uart_kind = BH_UART_PL011, .va_bits = BH_VA_BITS_MIN
	};
}

static const char *check(const struct bh_image_header *h, const struct blob_fixture *f)
{
	const char *wrong = image_check(h, LOAD);

	return wrong ? wrong : image_blob_check(h, &f->b);
}

/* @part: of the sentence that must come; NULL: none */
#define EXPECT(change, part)                                                                                                                  \
	do {                                                                                                                                  \
		struct bh_image_header h;                                                                                                     \
		struct blob_fixture f;                                                                                                        \
		const char *wrong, *sentence = part;                                                                                          \
                                                                                                                                              \
		header_make(&h);                                                                                                              \
		fixture_make(&f);                                                                                                             \
		fixture_monitor(&f);                                                                                                          \
		change;                                                                                                                       \
		wrong = check(&h, &f);                                                                                                        \
		if (sentence ? !wrong || !strstr(wrong, sentence) : wrong != NULL)                                                            \
			fail_msg("line %d: \"%s\", but expected \"%s\"", __LINE__, wrong ? wrong : "passed", sentence ? sentence : "passed"); \
	} while (0)
#define REFUSED(change, part) EXPECT(change, part)
#define PASSED(change)	      EXPECT(change, NULL)

static void a_good_header_passes(void **state)
{
	struct bh_image_header h;
	struct blob_fixture f;
	const char *wrong;

	(void)state;
	header_make(&h);
	fixture_make(&f);
	fixture_monitor(&f);
	wrong = check(&h, &f);
	if (wrong)
		fail_msg("%s", wrong);
	assert_non_null(image_check(&h, LOAD + 0x200000));
	for (uint32_t i = 0; i < 3; i++) {
		static const uint64_t wrong_load[] = { 0, LOAD + 0x100000, BLOB_PA_END };

		h.load_pa = wrong_load[i];
		assert_non_null(strstr(image_check(&h, h.load_pa), "load address"));
	}
}

static void wrong_places_are_refused(void **state)
{
	(void)state;
	REFUSED(h.magic++, "magic");
	REFUSED(h.abi_version++, "ABI");
	REFUSED(h.header_bytes--, "header");
	REFUSED(h.linux_magic++, "magic");
	REFUSED(h.text_offset = 0x80000, "reserved");
	REFUSED(h.linux_reserved[0] = 1, "reserved");
	REFUSED(h.linux_reserved[1] = 1, "reserved");
	REFUSED(h.linux_reserved[2] = 1, "reserved");
	REFUSED(h.linux_reserved2 = 1, "reserved");
	REFUSED(h.text_bytes++, "whole pages");
	REFUSED(h.text_bytes = 0, "whole pages");
	REFUSED(h.core_bytes = 0, "state element");
	REFUSED(h.vcpu_bytes = 8, "state element");
	REFUSED(h.port_bytes = 32, "state element");
	REFUSED(h.image_size = UINT64_MAX, "too large");
	REFUSED(h.file_bytes = 0x900000, "file size");
	REFUSED(h.covered_bytes = 0x300008, "digest covers");
	REFUSED(h.covered_bytes = 0x1000, "digest covers");
	REFUSED(h.blob_pa = LOAD, "blob");
	REFUSED(h.blob_bytes = UINT64_MAX, "blob");
	REFUSED(h.el2_root_pa = LOAD + 0x200000, "translation tables");
	REFUSED(h.el2_root_pa += 64, "translation tables"); /* 16 entries are aligned to 128 bytes, */
	PASSED(h.el2_root_pa += 128);
	REFUSED(h.va_bits = 26; h.el2_root_pa += 128, "translation tables"); /* 32 to 256 */
	REFUSED(h.va_bits = 24, "25 to 30 bits");
	REFUSED(h.va_bits = 31, "25 to 30 bits");
	REFUSED(h.share_va = 0x2000000, "outside the kernel's space");
	PASSED(h.va_bits = 26; h.uart_va = f.b.uart_va = 0x2000000);
	REFUSED(h.bss_pa = LOAD, "writable memory");
	PASSED(h.bss_pa = LOAD + 0x7000); /* the boot checks, and no page more or before */
	REFUSED(h.bss_pa = LOAD + 0x6000, "writable memory");
	REFUSED(h.bss_pa = LOAD + 0x7000; h.bss_bytes += BH_PAGE, "writable memory");
	REFUSED(h.bss_pa = LOAD + 0x7000; h.state_pa = LOAD + 0x8000; h.state_bytes = 0x2000, "overlaps");
	REFUSED(h.share_pa = LOAD + 0x7000; h.share_bytes = 0x3000, "stack of the boot checks");
	REFUSED(h.share_pa = LOAD + h.image_size - 0x8000, "stack of the boot checks");
	REFUSED(h.check_bytes = 0x2800, "whole pages");
	REFUSED(h.check_bytes = 0x4000, "blob");
	REFUSED(h.state_bytes = UINT64_MAX & ~0xfffull, "writable memory");
	REFUSED(h.state_pa = h.bss_pa, "overlaps");
	REFUSED(h.share_va = h.state_va, "addresses overlap");
	REFUSED(h.blob_va = 0x1000, "outside the kernel's space");
	REFUSED(h.uart_kind = 7, "UART");
	REFUSED(h.uart_va += 4, "UART");
}

static void header_and_blob_must_agree(void **state)
{
	(void)state;
	REFUSED(f.b.vcpu_state_va += 0x5000, "outside the state memory");
	REFUSED(f.b.vcpu_state_va = f.b.core_state_va, "state arrays overlap");
	REFUSED(f.b.port_state_va = f.b.emul_state_va, "state arrays overlap");
	REFUSED(h.port_bytes = 0x440, "outside the state memory");
	REFUSED(f.b.log_va = FIX_VA(0x40), "the log");
	REFUSED(f.b.trace_va = FIX_VA(0x4d), "the trace");
	REFUSED(f.b.trace_va = FIX_VA(0x5c), "the trace");
	REFUSED(f.b.trace_bytes = 0x10000, "the trace");
	REFUSED(f.emul[1].queue_va = FIX_VA(0x40), "queue");
	REFUSED(f.emul[1].server_va = FIX_VA(0x5d), "server pages");
	REFUSED(f.port[FIX_SAMPLING].in_va = FIX_VA(0x45), "port's memory");
	REFUSED(f.port[FIX_QUEUING].out_va = FIX_VA(0x5d) - 32, "port");
	REFUSED(f.port[FIX_QUEUING].out_va = FIX_VA(0x5d), "port's memory");
	REFUSED(f.port[FIX_CALL].reply_out_va = FIX_VA(0x5d) - 192, "port's memory");
	REFUSED(f.port[FIX_CALL].reply_in_va = FIX_VA(0x5d), "port's memory");
	REFUSED(f.b.uart_va += 4, "UART");
	REFUSED(f.b.empty_root = LOAD + 0x300000, "empty root");
	REFUSED(f.cap[FIX_CONTROL_CAPS + 4].root_page = 0x44200, "a root to inspect with");
	REFUSED(f.cap[FIX_CONTROL_CAPS + 4].root_page = 0x4400a, "a root to inspect with"); /* the blob */
	REFUSED(f.part[1].root = LOAD + 0xa000, "root is not among");
	REFUSED(f.part[1].root = 0x1000, "root is not among");
	PASSED(f.b.ipa_bits = 31; f.part[1].root = LOAD + 0x200000 - 64); /* the last that is covered */
	REFUSED(f.b.ipa_bits = 31; f.part[1].root = LOAD + 0x200000, "root is not among");
	REFUSED(f.b.ipa_bits = 31; f.part[1].root = LOAD + 0xa040, "root is not among"); /* in the blob */
	REFUSED(f.core[1].stack_va = FIX_VA(0x42), "stack");
	REFUSED(f.core[1].stack_va = FIX_VA(2), "stack");
}

/* Pages of the kernel's that it writes: each its own, and no other memory's. */
static void roots_of_dedicated_cores_lie_apart(void **state)
{
	struct bh_image_header h;
	struct blob_fixture f;

	(void)state;
	header_make(&h);
	fixture_make(&f);
	fixture_monitor(&f);
	for (uint32_t i = 0; i < 2; i++) {
		f.core[i].door_va = FIX_VA(0xb0 + i);
		f.core[i].door_pa = LOAD + 0x440000 + i * BH_PAGE;
	}
	assert_null(check(&h, &f));
#define DOOR(field, value) REFUSED(f.core[0].door_va = FIX_VA(0xb0); f.core[0].door_pa = LOAD + 0x440000; f.core[1].door_va = FIX_VA(0xb1); f.core[1].door_pa = LOAD + 0x441000; f.core[1].field = (value), "root of a dedicated core")
	DOOR(door_pa, LOAD + 0x10000);		      /* in the file */
	DOOR(door_pa, LOAD + h.file_bytes - BH_PAGE); /* partly */
	DOOR(door_pa, LOAD + h.image_size);	      /* behind all */
	DOOR(door_pa, h.bss_pa + h.bss_bytes - BH_PAGE);
	DOOR(door_pa, h.state_pa);
	DOOR(door_pa, h.share_pa);
	DOOR(door_pa, LOAD + 0x440000); /* the other core's */
	DOOR(door_va, FIX_VA(1));	/* text */
	DOOR(door_va, h.blob_va);
	DOOR(door_va, h.state_va);
	DOOR(door_va, h.share_va);
	DOOR(door_va, FIX_VA(0xb0));
	DOOR(door_va, f.core[0].stack_va - BH_PAGE);
#undef DOOR
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_header_passes),
		cmocka_unit_test(wrong_places_are_refused),
		cmocka_unit_test(header_and_blob_must_agree),
		cmocka_unit_test(roots_of_dedicated_cores_lie_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
