/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stub for gdb, over a partition that is played here: two vCPUs, a page of memory seen at two virtual addresses, and what
 * it does when it goes on. The test speaks as gdb does.
 * sources: services/monitor/gdb.c services/monitor/gdb_break.c services/monitor/gdb_packet.c services/monitor/gdb_xml.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/call.h"
#include "services/monitor/gdb.h"
#include "services/monitor/gdb_break.h"
#include "services/monitor/gdb_packet.h"
#include "services/monitor/gdb_target.h"
#include "services/monitor/gdb_xml.h"

#define VCPUS	 2u
#define PHYSICAL 0x40000000ull
#define VIRTUAL	 0xffff800000000000ull
#define ALIAS	 0xffff900000000000ull
#define BYTES	 4096u

/* --- the partition --- */

static uint64_t registers[VCPUS][BH_REGISTER_END];
static _Alignas(8) uint8_t memory[BYTES];
static uint32_t wrote; /* times caches were told */
static enum gdb_stop stops;
static uint32_t stopped_by, went, stepped, halted;
static bool refuses;

uint32_t gdb_target_vcpus(void)
{
	return VCPUS;
}

bool gdb_target_register(uint32_t vcpu, uint32_t number, uint64_t *value)
{
	if (number == BH_REGISTER_FPCR)
		return false; /* one that cannot be read */
	*value = registers[vcpu][number];
	return true;
}

bool gdb_target_set_register(uint32_t vcpu, uint32_t number, uint64_t value)
{
	if (number == BH_REGISTER_PSTATE)
		return false;
	registers[vcpu][number] = value;
	return true;
}

/* Pages of 1 KiB: who reads more does it in pieces. */
uint8_t *gdb_target_memory(uint32_t vcpu, uint64_t address, bool physical, uint32_t *bytes)
{
	uint64_t base = physical ? PHYSICAL : address >= ALIAS ? ALIAS
							       : VIRTUAL;
	uint64_t offset = address - base;

	assert_true(vcpu < VCPUS);
	if (offset >= BYTES)
		return NULL;
	if (*bytes > 1024 - offset % 1024)
		*bytes = (uint32_t)(1024 - offset % 1024);
	return memory + offset;
}

uint64_t gdb_target_place(const uint8_t *at)
{
	return PHYSICAL + (uint64_t)(at - memory);
}

uint8_t *gdb_target_at(uint64_t place)
{
	return memory + (place - PHYSICAL);
}

void gdb_target_wrote(uint8_t *at, uint32_t bytes)
{
	assert_true(at >= memory && at + bytes <= memory + BYTES);
	wrote++;
}

bool gdb_target_go(uint32_t step)
{
	went++;
	stepped = step;
	stops = GDB_RUNS;
	return !refuses;
}

bool gdb_target_halt(void)
{
	halted++;
	return true;
}

enum gdb_stop gdb_target_state(uint32_t *vcpu)
{
	if (stops == GDB_STOP_BREAK || stops == GDB_STOP_STEP)
		*vcpu = stopped_by;
	return stops;
}

/* --- gdb --- */

static char heard[8192];
static uint32_t n_heard;

static void hear(const uint8_t *bytes, uint32_t n)
{
	assert_true(n_heard + n < sizeof heard);
	memcpy(heard + n_heard, bytes, n);
	n_heard += n;
	heard[n_heard] = 0;
}

static void say(const char *text)
{
	n_heard = 0;
	heard[0] = 0;
	gdb_bytes((const uint8_t *)text, (uint32_t)strlen(text));
}

static const char *packet(const char *payload)
{
	static char text[8192];
	uint8_t sum = 0;

	for (const char *c = payload; *c; c++)
		sum = (uint8_t)(sum + (uint8_t)*c);
	snprintf(text, sizeof text, "$%s#%02x", payload, sum);
	return text;
}

/* Sends a packet; its reply's payload. "" where there is none; it is acknowledged either way. */
static const char *ask(const char *payload)
{
	static char reply[8192];
	char *end;
	unsigned int told;
	uint8_t sum = 0;

	say(packet(payload));
	assert_int_equal(heard[0], '+');
	if (!heard[1])
		return "(nothing yet)";
	assert_int_equal(heard[1], '$');
	end = strchr(heard, '#');
	assert_non_null(end);
	for (const char *c = heard + 2; c < end; c++)
		sum = (uint8_t)(sum + (uint8_t)*c);
	assert_int_equal(sscanf(end + 1, "%2x", &told), 1);
	assert_int_equal(told, sum);
	*end = 0;
	strcpy(reply, heard + 2);
	say("+");
	return reply;
}

#define asks(payload, reply) assert_string_equal(ask(payload), reply)

static int fresh(void **state)
{
	(void)state;
	for (uint32_t v = 0; v < VCPUS; v++)
		for (uint32_t i = 0; i < BH_REGISTER_END; i++)
			registers[v][i] = (v + 1) * 0x100000000ull + i;
	for (uint32_t i = 0; i < BYTES; i++)
		memory[i] = (uint8_t)i;
	stops = GDB_STOP_ORDER;
	wrote = went = halted = stopped_by = 0;
	stepped = GDB_NO_VCPU;
	refuses = false;
	gdb_begin(hear);
	return 0;
}

static int no_breaks(void **state)
{
	(void)state;
	gdb_end();
	return 0;
}

static void a_packet_is_acknowledged_and_a_damaged_one_is_asked_for_again(void **state)
{
	(void)state;
	say("$?#00");
	assert_string_equal(heard, "-");
	say("$?#3");
	say("f");
	assert_string_equal(heard, "+$T02thread:1;#d4");
	say("-");
	assert_string_equal(heard, "$T02thread:1;#d4");
	say("+");
	assert_string_equal(heard, "");
	say("noise$g$?#3f"); /* one that was never finished */
	assert_string_equal(heard, "+$T02thread:1;#d4");
}

static void acknowledgements_end_where_gdb_says_so(void **state)
{
	(void)state;
	asks("QStartNoAckMode", "OK");
	say("$?#3f");
	assert_string_equal(heard, "$T02thread:1;#d4");
	say("-");
	assert_string_equal(heard, "");
}

static void what_is_too_long_is_dropped_whole(void **state)
{
	static char long_one[GDB_PACKET + 200];

	(void)state;
	memset(long_one, 'm', sizeof long_one - 1);
	say(packet(long_one));
	assert_string_equal(heard, "-");
	asks("qC", "QC1");
}

static void what_it_does_not_know_has_an_empty_reply(void **state)
{
	(void)state;
	asks("vMustReplyEmpty", "");
	asks("qTStatus", "");
	asks("qCRC:0,1", "");
	asks("Z2,40000000,4", ""); /* a watchpoint */
	asks("X40000000,0:", "");
	asks("QNonStop:1", "");
	asks("!", "");
}

static void it_says_what_it_supports(void **state)
{
	char most[32];

	(void)state;
	snprintf(most, sizeof most, "PacketSize=%x;", GDB_PACKET);
	assert_non_null(strstr(ask("qSupported:multiprocess+;swbreak+"), most));
	assert_non_null(strstr(ask("qSupported"), "qXfer:features:read+"));
	asks("vCont?", "vCont;c;C;s;S");
	asks("qAttached", "1");
	asks("qSymbol::", "OK");
}

/* Put together from pieces of any size it is the same text, and names each register in order. */
static void the_description_of_the_registers_comes_in_pieces(void **state)
{
	static char whole[32768], pieces[32768];
	uint32_t sizes[] = { 1, 7, 100, 4000 };
	const char *at;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint32_t n = 0;

		for (;;) {
			char text[64];
			const char *reply;

			snprintf(text, sizeof text, "qXfer:features:read:target.xml:%x,%x", n, sizes[i]);
			reply = ask(text);
			strcpy(pieces + n, reply + 1);
			n += (uint32_t)strlen(reply + 1);
			if (*reply == 'l')
				break;
			assert_int_equal(*reply, 'm');
		}
		if (i == 0)
			strcpy(whole, pieces);
		assert_string_equal(whole, pieces);
	}
	assert_null(strpbrk(whole, "$#}*")); /* would have to be escaped */
	at = strstr(whole, "org.gnu.gdb.aarch64.core");
	for (uint32_t i = 0; i < GDB_REGISTERS; i++) {
		char name[40];

		snprintf(name, sizeof name, i < 31 ? "<reg name=\"x%u\"" : i == 31 ? "<reg name=\"sp\""
								   : i == 32	   ? "<reg name=\"pc\""
								   : i == 33	   ? "<reg name=\"cpsr\""
								   : i < 66	   ? "<reg name=\"v%u\""
								   : i == 66	   ? "<reg name=\"fpsr\""
										   : "<reg name=\"fpcr\"",
			 i < 31 ? i : i - 34);
		at = strstr(at, name);
		assert_non_null(at);
	}
}

static void registers_are_those_of_the_thread_chosen(void **state)
{
	const char *all;

	(void)state;
	all = ask("g");
	assert_int_equal(strlen(all), 2 * (33 * 8 + 4 + 32 * 16 + 8));
	assert_memory_equal(all, "0000000001000000", 16);
	assert_memory_equal(all + 16 * 32, "2000000001000000", 16); /* pc */
	assert_memory_equal(all + 16 * 33, "21000000", 8);	    /* pstate's lower half */
	assert_memory_equal(all + 16 * 33 + 8, "30000000010000003100000001000000", 32);
	assert_memory_equal(all + strlen(all) - 8, "xxxxxxxx", 8); /* fpcr */
	asks("Hg2", "OK");
	asks("p20", "2000000002000000");
	asks("p42", "2e000000"); /* fpsr */
	asks("p43", "xxxxxxxx");
	asks("p44", "E01");
	asks("Hg3", "E01");
	asks("Hg0", "OK");
	asks("Hc-1", "OK");
	asks("qC", "QC2");
}

static void registers_are_written_one_by_one_and_all_at_once(void **state)
{
	char all[4096];

	(void)state;
	asks("P1=1122334455667788", "OK");
	assert_int_equal(registers[0][1], 0x8877665544332211ull);
	asks("P23=000102030405060708090a0b0c0d0e0f", "OK");
	assert_int_equal(registers[0][BH_REGISTER_Q0 + 2], 0x0706050403020100ull);
	assert_int_equal(registers[0][BH_REGISTER_Q0 + 3], 0x0f0e0d0c0b0a0908ull);
	asks("P21=00000000", "E01"); /* pstate, which may not be written here */
	asks("P1=11", "E01");
	strcpy(all, "G");
	strcat(all, ask("g"));
	memcpy(all + strlen(all) - 8, "00000000", 8);
	memcpy(all + 1, "ff", 2);
	asks(all, "OK"); /* what is as it was is not written: pstate */
	assert_int_equal(registers[0][0], 0x1000000ffull);
	asks("G00", "E01");
}

static void memory_is_read_over_the_ends_of_pages_and_as_far_as_there_is_any(void **state)
{
	char want[4096];

	(void)state;
	asks("mffff800000000010,4", "10111213");
	for (uint32_t i = 0; i < 600; i++)
		sprintf(want + 2 * i, "%02x", (uint8_t)(1000 + i));
	asks("mffff8000000003e8,258", want);
	asks("mffff800000000ffe,10", "feff");
	asks("mffff800000001000,4", "E01");
	asks("mffff800000001000,0", "");
	asks("m10", "E01");
	assert_int_equal(strlen(ask("mffff800000000000,ffffffff")), GDB_PACKET);
}

static void memory_is_written_and_the_instruction_caches_are_told(void **state)
{
	(void)state;
	asks("Mffff8000000003ff,2:aabb", "OK");
	assert_int_equal(memory[1023], 0xaa);
	assert_int_equal(memory[1024], 0xbb);
	assert_int_equal(wrote, 2);
	asks("Mffff800000000fff,2:ccdd", "E01");
	asks("Mffff800000000000,2:cc", "E01");
	asks("Mffff800000000000,ffff:00", "E01");
}

static void physical_addresses_are_meant_where_gdb_says_so(void **state)
{
	(void)state;
	asks("m40000010,2", "E01");
	ask("qRcmd,706879736963616c206f6e");
	asks("m40000010,2", "1011");
	ask("qRcmd,706879736963616c206f6666");
	asks("m40000010,2", "E01");
}

static void a_breakpoint_is_in_memory_and_gdb_does_not_see_it(void **state)
{
	(void)state;
	asks("Z0,ffff800000000020,4", "OK");
	assert_memory_equal(memory + 0x20, "\x00\x00\x20\xd4", 4);
	assert_int_equal(wrote, 1);
	asks("Z0,ffff800000000020,4", "OK"); /* again is once */
	asks("mffff80000000001e,8", "1e1f202122232425");
	asks("mffff800000000022,1", "22");
	asks("z0,ffff800000000020,4", "OK");
	assert_memory_equal(memory + 0x20, "\x20\x21\x22\x23", 4);
	asks("z0,ffff800000000020,4", "OK");
	asks("Z0,ffff800000000021,4", "E01");
	asks("Z0,ffff800000001000,4", "E01");
}

static void what_is_written_over_a_breakpoint_is_below_it(void **state)
{
	(void)state;
	asks("Z0,ffff800000000020,4", "OK");
	asks("Mffff80000000001e,4:a0a1a2a3", "OK");
	assert_memory_equal(memory + 0x1e, "\xa0\xa1\x00\x00\x20\xd4", 6);
	asks("mffff80000000001e,8", "a0a1a2a322232425");
	asks("z0,ffff800000000020,4", "OK");
	assert_memory_equal(memory + 0x1e, "\xa0\xa1\xa2\xa3\x22\x23", 6);
}

static void two_addresses_of_one_place_are_one_breakpoint_until_both_are_gone(void **state)
{
	(void)state;
	asks("Z0,ffff800000000020,4", "OK");
	asks("Z0,ffff900000000020,4", "OK");
	asks("z0,ffff800000000020,4", "OK");
	assert_memory_equal(memory + 0x20, "\x00\x00\x20\xd4", 4);
	asks("z0,ffff900000000020,4", "OK");
	assert_memory_equal(memory + 0x20, "\x20\x21\x22\x23", 4);
}

static void there_is_room_for_many_breakpoints_and_then_it_says_so(void **state)
{
	char text[40];

	(void)state;
	for (uint32_t i = 0; i < GDB_BREAKS; i++) {
		snprintf(text, sizeof text, "Z0,%llx,4", VIRTUAL + 4 * i);
		asks(text, "OK");
	}
	asks("Z0,ffff800000000400,4", "E01");
	gdb_end();
	for (uint32_t i = 0; i < 4 * GDB_BREAKS; i++)
		assert_int_equal(memory[i], (uint8_t)i);
}

/* The guest has loaded other code there: that is not spoiled with what was there before. */
static void a_breakpoint_that_the_guest_has_overwritten_is_left_alone(void **state)
{
	(void)state;
	asks("Z0,ffff800000000020,4", "OK");
	memcpy(memory + 0x20, "abcd", 4);
	asks("z0,ffff800000000020,4", "OK");
	assert_memory_equal(memory + 0x20, "abcd", 4);
}

static void it_goes_on_until_a_breakpoint_and_says_which_vcpu_met_it(void **state)
{
	(void)state;
	asks("vCont;c", "(nothing yet)");
	assert_int_equal(went, 1);
	assert_int_equal(stepped, GDB_NO_VCPU);
	assert_true(gdb_waits());
	gdb_turn();
	assert_string_equal(heard, "+");
	stops = GDB_STOP_BREAK;
	stopped_by = 1;
	gdb_turn();
	assert_string_equal(heard, "+$T05thread:2;#d8");
	assert_false(gdb_waits());
	asks("qC", "QC2");
	asks("?", "T05thread:2;");
}

static void a_step_is_of_the_thread_that_is_named(void **state)
{
	(void)state;
	ask("vCont;s:2;c");
	assert_int_equal(stepped, 1);
	stops = GDB_STOP_STEP;
	stopped_by = 1;
	gdb_turn();
	ask("s");
	assert_int_equal(stepped, 1);
	stops = GDB_STOP_STEP;
	stopped_by = 0;
	gdb_turn();
	ask("vCont;C05:1;S05:-1");
	assert_int_equal(stepped, 0);
	stops = GDB_STOP_ORDER;
	gdb_turn();
	asks("vCont;s:9", "E01");
}

static void it_can_go_on_from_elsewhere(void **state)
{
	(void)state;
	ask("cffff800000000040");
	assert_int_equal(registers[0][BH_REGISTER_PC], 0xffff800000000040ull);
	assert_int_equal(went, 1);
}

static void what_cannot_go_on_says_so_at_once(void **state)
{
	(void)state;
	refuses = true;
	asks("c", "E01");
	assert_false(gdb_waits());
}

static void an_interrupt_stops_it(void **state)
{
	(void)state;
	say("\3");
	assert_int_equal(halted, 0); /* it stands still */
	ask("c");
	say("\3");
	assert_int_equal(halted, 1);
	stops = GDB_STOP_ORDER;
	gdb_turn();
	assert_string_equal(heard, "$T02thread:1;#d4");
}

/* Right after it was ordered to stand still it may not do so yet. */
static void the_first_question_waits_until_it_stands_still(void **state)
{
	(void)state;
	stops = GDB_RUNS;
	asks("?", "(nothing yet)");
	stops = GDB_STOP_ORDER;
	gdb_turn();
	assert_string_equal(heard, "+$T02thread:1;#d4");
}

static void the_end_of_the_partition_is_told_and_nothing_is_put_back_into_its_memory(void **state)
{
	(void)state;
	asks("Z0,ffff800000000020,4", "OK");
	ask("c");
	memory[0x20] = 0x55;
	stops = GDB_ENDED;
	gdb_turn();
	assert_string_equal(heard, "+$X0f#ee");
	assert_true(gdb_done());
	gdb_end();
	assert_int_equal(memory[0x20], 0x55);
	assert_int_equal(wrote, 1);
}

static void threads_are_vcpus(void **state)
{
	(void)state;
	asks("qfThreadInfo", "m1,2");
	asks("qsThreadInfo", "l");
	asks("T2", "OK");
	asks("T3", "E01");
	asks("qThreadExtraInfo,2", "764350552031"); /* vCPU 1 */
}

static void detaching_takes_the_breakpoints_out(void **state)
{
	(void)state;
	asks("Z0,ffff800000000020,4", "OK");
	asks("D", "OK");
	assert_true(gdb_done());
	gdb_end();
	assert_memory_equal(memory + 0x20, "\x20\x21\x22\x23", 4);
}

static void a_wish_for_its_end_is_not_granted(void **state)
{
	(void)state;
	say(packet("k"));
	assert_string_equal(heard, "+");
	assert_false(gdb_done());
	asks("qC", "QC1");
}

/* Whatever is said, memory outside is not touched (ASan), and it understands the next packet. */
static void noise_does_no_harm(void **state)
{
	static const char letters[] = "$#+-mMgGpPcCsSzZHTvqQD?:;,=0123456789abcdef\3Cont:Xfer";
	uint8_t noise[400];

	(void)state;
	srand(5);
	for (uint32_t i = 0; i < 20000; i++) {
		for (uint32_t k = 0; k < sizeof noise; k++)
			noise[k] = rand() % 20 ? (uint8_t)letters[(uint32_t)rand() % (sizeof letters - 1)] : (uint8_t)rand();
		n_heard = 0;
		gdb_bytes(noise, (uint32_t)rand() % sizeof noise);
		if (stops == GDB_RUNS)
			stops = GDB_STOP_ORDER;
		gdb_turn();
	}
	gdb_begin(hear);
	asks("qC", "QC1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define test(name) cmocka_unit_test_setup_teardown(name, fresh, no_breaks)
		test(a_packet_is_acknowledged_and_a_damaged_one_is_asked_for_again),
		test(acknowledgements_end_where_gdb_says_so),
		test(what_is_too_long_is_dropped_whole),
		test(what_it_does_not_know_has_an_empty_reply),
		test(it_says_what_it_supports),
		test(the_description_of_the_registers_comes_in_pieces),
		test(registers_are_those_of_the_thread_chosen),
		test(registers_are_written_one_by_one_and_all_at_once),
		test(memory_is_read_over_the_ends_of_pages_and_as_far_as_there_is_any),
		test(memory_is_written_and_the_instruction_caches_are_told),
		test(physical_addresses_are_meant_where_gdb_says_so),
		test(a_breakpoint_is_in_memory_and_gdb_does_not_see_it),
		test(what_is_written_over_a_breakpoint_is_below_it),
		test(two_addresses_of_one_place_are_one_breakpoint_until_both_are_gone),
		test(there_is_room_for_many_breakpoints_and_then_it_says_so),
		test(a_breakpoint_that_the_guest_has_overwritten_is_left_alone),
		test(it_goes_on_until_a_breakpoint_and_says_which_vcpu_met_it),
		test(a_step_is_of_the_thread_that_is_named),
		test(it_can_go_on_from_elsewhere),
		test(what_cannot_go_on_says_so_at_once),
		test(an_interrupt_stops_it),
		test(the_first_question_waits_until_it_stands_still),
		test(the_end_of_the_partition_is_told_and_nothing_is_put_back_into_its_memory),
		test(threads_are_vcpus),
		test(detaching_takes_the_breakpoints_out),
		test(a_wish_for_its_end_is_not_granted),
		test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
