/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A health record reads as a sentence, and nothing in a record can make it write too far.
 * sources: lib/record_text.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi/blob.h"
#include "abi/call.h"
#include "abi/status.h"
#include "abi/stub.h"
#include "lib/record_text.h"

/* As the kernel writes it: first argument and status. */
#define REFUSED(argument, status) ((uint64_t)(argument) << 32 | (uint32_t)(status))

static const struct {
	struct bh_record r;
	const char *text;
} says[] = {
	{ { .event = BH_EVENT_START }, "linux: begins to load" },
	{ { .event = BH_EVENT_RUN, .value = 0x40200000 }, "linux: runs from 0x40200000" },
	{ { .event = BH_EVENT_STOP, .value = BH_STOP_OFF }, "linux: stopped: it asked to be switched off" },
	{ { .event = BH_EVENT_STOP, .value = 77 }, "linux: stopped: reason 77" },
	{ { .event = BH_EVENT_ACCESS,
	    .vcpu = 1,
	    .pc = 0xffff8000106a2c44,
	    .address = 0x09050000,
	    .value = BH_ACCESS_WRITE | 4 },
	  "linux: vCPU 1 wrote 4 bytes to 0x09050000 at pc 0xffff8000106a2c44; nothing is declared there" },
	{ { .event = BH_EVENT_ACCESS, .pc = 0x40000000, .address = 0x123456789, .value = 1 },
	  "linux: vCPU 0 read 1 byte from 0x123456789 at pc 0x40000000; nothing is declared there" },
	{ { .event = BH_EVENT_ACCESS, .address = 0, .value = 0 },
	  "linux: vCPU 0 read from 0x00000000; nothing is declared there" },
	{ { .event = BH_EVENT_PERMISSION, .pc = 0x40000000, .address = 0x0a120000, .value = BH_ACCESS_WRITE | 8 },
	  "linux: vCPU 0 wrote 8 bytes to 0x0a120000 at pc 0x40000000; what is declared there does not permit it" },
	{ { .event = BH_EVENT_ACCESS, .pc = 0x40000000, .value = BH_ACCESS_FETCH | BH_ACCESS_NO_ADDR },
	  "linux: vCPU 0 fetched an instruction from an address that is not known at pc 0x40000000; nothing is "
	  "declared there" },
	/* MRS x0, PMCCNTR_EL0 = S3_3_C9_C13_0; MSR of ACTLR_EL1 = S3_0_C1_C0_1 */
	{ { .event = BH_EVENT_SYSREG, .pc = 0x40000010, .address = 3 << 20 | 3 << 14 | 9 << 10 | 13 << 1 | 1, .value = 0x18 },
	  "linux: vCPU 0 read S3_3_C9_C13_0 at pc 0x40000010; a partition may not use that register" },
	{ { .event = BH_EVENT_SYSREG, .pc = 0x40000010, .address = 3 << 20 | 1 << 17 | 1 << 10, .value = 0x18 },
	  "linux: vCPU 0 wrote S3_0_C1_C0_1 at pc 0x40000010; a partition may not use that register" },
	{ { .event = BH_EVENT_STOP, .value = BH_STOP_ORDER }, "linux: stopped: by a partition that controls it" },
	{ { .event = BH_EVENT_CALL, .pc = 0x40000010, .address = BH_CALL_EMUL_ANSWER, .value = REFUSED(4, BH_E_CAP) },
	  "linux: vCPU 0 called EMUL_ANSWER with capability 4 at pc 0x40000010, refused: its table has no such entry of that "
	  "kind" },
	{ { .event = BH_EVENT_CALL, .vcpu = 1, .pc = 0x40000010, .address = BH_CALL_SEND, .value = REFUSED(63, BH_E_RIGHT) },
	  "linux: vCPU 1 called SEND on port 63 at pc 0x40000010, refused: its entry does not hold that right" },
	{ { .event = BH_EVENT_CALL, .pc = 0x40000010, .address = BH_CALL_REPLY, .value = REFUSED(0xffffffff, BH_E_ARG) },
	  "linux: vCPU 0 called REPLY on port 4294967295 at pc 0x40000010, refused: an argument is out of range" },
	{ { .event = BH_EVENT_CALL, .pc = 0x40000010, .address = BH_CALL_WAIT, .value = REFUSED(0x80000001, BH_E_CAP) },
	  "linux: vCPU 0 called WAIT at pc 0x40000010, refused: its table has no such entry of that kind" },
	{ { .event = BH_EVENT_CALL, .pc = 0x40000010, .address = BH_CALL_CONTROL, .value = REFUSED(2, BH_E_RIGHT) },
	  "linux: vCPU 0 called CONTROL with capability 2 at pc 0x40000010, refused: its entry does not hold that right" },
	{ { .event = BH_EVENT_CALL, .address = BH_CALL_SET_MODE, .value = REFUSED(3, BH_E_CAP) },
	  "linux: vCPU 0 called SET_MODE with capability 3, refused: its table has no such entry of that kind" },
	{ { .event = BH_EVENT_CALL, .address = BH_CALL_DEBUG, .value = REFUSED(3, BH_E_CAP) },
	  "linux: vCPU 0 called DEBUG with capability 3, refused: its table has no such entry of that kind" },
	{ { .event = BH_EVENT_CALL, .address = BH_CALL_DEBUG + 1, .value = REFUSED(0, -77) },
	  "linux: vCPU 0 made call 0xc600001b, refused: status 0xffffffffffffffb3" },
	{ { .event = BH_EVENT_ACCESS, .pc = 0x40000124, .address = 0x9050000, .value = BH_ACCESS_WRITE | 4, .near_kind = BH_REGION_EMULATED, .near = 0x9000000 },
	  "linux: vCPU 0 wrote 4 bytes to 0x09050000 at pc 0x40000124; nothing is declared there; nearest: an emulated device, from 0x09000000" },
	{ { .event = BH_EVENT_STOP, .value = BH_STOP_FAULT | BH_FAULT_WATCHDOG << 8 | BH_STOP_THEN_RESTART }, "linux: stopped: by its watchdog; it starts again" },
	{ { .event = BH_EVENT_STOP, .value = BH_STOP_RESET | BH_FAULT_RESET << 8 | BH_STOP_THEN_WARM },
	  "linux: stopped: it asked for a restart; it starts again, and keeps what its memory holds" },
	{ { .event = BH_EVENT_WATCHDOG }, "linux: did not feed its watchdog in time" },
	{ { .event = BH_EVENT_WATCHDOG, .value = 1 }, "linux: fed its watchdog too early" },
	{ { .event = BH_EVENT_DEADLINE, .value = 12 }, "linux: missed a deadline by 12 ticks or more" },
	{ { .event = BH_EVENT_BUDGET }, "linux: has used its budget up" },
	{ { .event = BH_EVENT_PANIC, .vcpu = 1, .pc = 0x40000010, .value = 0x2a }, "linux: vCPU 1 says that it cannot go on, code 0x2a at pc 0x40000010" },
	{ { .event = BH_EVENT_SILENT, .address = 2, .value = 5000 }, "linux: does not answer partition 2, which has waited for 5000 ticks" },
	{ { .event = BH_EVENT_LIMIT, .address = 10000000000, .value = 3 }, "linux: stays off: more than 3 restarts in 10000000 us" },
	{ { .event = BH_EVENT_MODE, .value = 1 }, "linux: has the mode changed, to number 1" },
	{ { .event = BH_EVENT_CALL, .address = 0x84000050, .value = (uint32_t)BH_E_UNKNOWN },
	  "linux: vCPU 0 made call 0x84000050, refused: there is no such call" },
	{ { .event = BH_EVENT_BOOT, .value = BH_BOOT_E_CRC, .address = 3 },
	  "linux: could not be loaded: the image is damaged: wrong checksum in operation 3" },
	{ { .event = BH_EVENT_SERVER, .pc = 0x40000010, .address = 0x09000018, .value = 4, .repeats = 12 },
	  "linux: vCPU 0 read 4 bytes from 0x09000018 at pc 0x40000010; the partition that answers there does not run "
	  "(before: 12 more events, equal or too many)" },
	{ { .event = BH_EVENT_SERROR, .pc = 0x40000010, .value = 0xbe000011 },
	  "linux: vCPU 0 caused an asynchronous abort at pc 0x40000010, syndrome 0xbe000011" },
	{ { .event = 999, .value = 1 }, "linux: vCPU 0 caused an unknown event, syndrome 0x00000001, number 999" },
};

static void each_event_is_a_sentence(void **state)
{
	char text[256];

	(void)state;
	for (uint32_t i = 0; i < sizeof says / sizeof says[0]; i++) {
		uint32_t n = record_text(text, sizeof text, &says[i].r, "linux");

		assert_string_equal(text, says[i].text);
		assert_int_equal(n, strlen(text));
	}
}

static void a_short_buffer_cuts_and_is_not_overrun(void **state)
{
	char text[256], whole[256];

	(void)state;
	for (uint32_t i = 0; i < sizeof says / sizeof says[0]; i++) {
		record_text(whole, sizeof whole, &says[i].r, "linux");
		for (uint32_t size = 1; size <= strlen(whole) + 1; size++) {
			memset(text, 'Z', sizeof text);
			assert_int_equal(record_text(text, size, &says[i].r, "linux"), size - 1);
			assert_memory_equal(text, whole, size - 1);
			assert_int_equal(text[size - 1], 0);
			assert_int_equal(text[size], 'Z');
		}
	}
}

/* The kernel's buffer has 160 bytes. */
static void any_record_fits_or_is_cut(void **state)
{
	uint64_t seed = 1;
	char text[160];

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		union {
			struct bh_record r;
			uint64_t word[sizeof(struct bh_record) / 8];
		} u;

		for (uint32_t w = 0; w < sizeof u / 8; w++)
			u.word[w] = seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		u.r.event %= 14;
		if (i % 4 == 0)
			u.r.address = BH_CALL(u.r.address % 18);
		assert_true(record_text(text, sizeof text, &u.r, "a-name-of-thirty-one-characters") < sizeof text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_is_a_sentence),
		cmocka_unit_test(a_short_buffer_cuts_and_is_not_overrun),
		cmocka_unit_test(any_record_fits_or_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
