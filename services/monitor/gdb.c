/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands. Each takes what stands behind its letter and writes its reply; nothing written is gdb's sign for "not known here". A
 * command that lets the partition go on has no reply until it stands still.
 */
#include "services/monitor/gdb.h"

#include <stddef.h>

#include "abi/call.h"
#include "services/monitor/gdb_break.h"
#include "services/monitor/gdb_packet.h"
#include "services/monitor/gdb_target.h"
#include "services/monitor/gdb_xml.h"

#define READ_MOST (GDB_PACKET / 2) /* bytes of memory in a packet */

#define SIGINT	2u
#define SIGTRAP 5u
#define SIGTERM 15u

static struct {
	void (*put)(const uint8_t *bytes, uint32_t n);
	struct gdb_reader in;
	struct gdb_writer out;
	uint32_t out_bytes; /* of the packet that was sent last */
	uint32_t vcpu;	    /* whose registers and memory are meant */
	bool waits;	    /* it goes on, and a stop is to be told */
	bool physical;	    /* m and M are about physical addresses */
	bool done;
} gdb;

static void send(void)
{
	gdb.out_bytes = gdb_write_end(&gdb.out);
	gdb.put(gdb.out.data, gdb.out_bytes);
}

static void reply_text(const char *text)
{
	gdb_write_text(&gdb.out, text);
}

static void reply_if(bool done)
{
	reply_text(done ? "OK" : "E01");
}

static bool begins(const char **at, const char *word)
{
	const char *a = *at;

	while (*word)
		if (*a++ != *word++)
			return false;
	*at = a;
	return true;
}

/* --- going on, and stopping --- */

static void write_stop(enum gdb_stop stop)
{
	uint8_t number = stop == GDB_STOP_ORDER ? SIGINT : stop == GDB_ENDED ? SIGTERM
									     : SIGTRAP;

	gdb_write_char(&gdb.out, stop == GDB_ENDED ? 'X' : 'T');
	gdb_write_hex(&gdb.out, &number, 1);
	if (stop == GDB_ENDED)
		return;
	reply_text("thread:");
	gdb_write_number(&gdb.out, gdb.vcpu + 1);
	gdb_write_char(&gdb.out, ';');
}

/* False: it still runs. */
static bool tell_stop(void)
{
	uint32_t vcpu = gdb.vcpu;
	enum gdb_stop stop = gdb_target_state(&vcpu);

	if (stop == GDB_RUNS)
		return false;
	if (stop == GDB_ENDED) {
		gdb_break_forget();
		gdb.done = true;
	}
	gdb.vcpu = vcpu < gdb_target_vcpus() ? vcpu : 0;
	write_stop(stop);
	return true;
}

static void status_command(const char *at)
{
	(void)at;
	gdb.waits = !tell_stop();
}

static void go(uint32_t step)
{
	gdb.waits = gdb_target_go(step);
	if (!gdb.waits)
		reply_text("E01");
}

/* An address to go on from. */
static bool take_address(const char *at)
{
	uint64_t pc;

	return !gdb_number(&at, &pc) || gdb_target_set_register(gdb.vcpu, BH_REGISTER_PC, pc);
}

static void continue_command(const char *at)
{
	if (take_address(at))
		go(GDB_NO_VCPU);
	else
		reply_text("E01");
}

static void step_command(const char *at)
{
	if (take_address(at))
		go(gdb.vcpu);
	else
		reply_text("E01");
}

/* A signal is for processes: there is none to give it to. */
static void continue_signal_command(const char *at)
{
	(void)at;
	go(GDB_NO_VCPU);
}

static void step_signal_command(const char *at)
{
	(void)at;
	go(gdb.vcpu);
}

/* --- threads --- */

/* vCPU of a thread number; 0 and -1 are any: @any. False: there is no such thread. */
static bool thread_at(const char **at, uint32_t any, uint32_t *vcpu)
{
	uint64_t n;

	*vcpu = any;
	if (begins(at, "-1"))
		return true;
	if (!gdb_number(at, &n) || n > gdb_target_vcpus())
		return false;
	if (n)
		*vcpu = (uint32_t)n - 1;
	return true;
}

static void thread_command(const char *at)
{
	uint32_t vcpu;

	at++; /* for registers (g), or for going on (c): one serves both */
	if (!thread_at(&at, gdb.vcpu, &vcpu)) {
		reply_text("E01");
		return;
	}
	gdb.vcpu = vcpu;
	reply_text("OK");
}

static void alive_command(const char *at)
{
	uint32_t vcpu;

	reply_if(thread_at(&at, 0, &vcpu));
}

/* "s:1;c": one that steps is enough to know; all others go on with it. */
static void cont_actions(const char *at)
{
	uint32_t step = GDB_NO_VCPU;

	while (*at == ';') {
		char action = at[1];
		uint32_t vcpu = gdb.vcpu;

		for (at += 2; *at && *at != ';' && *at != ':'; at++)
			; /* C's and S's signal */
		if (*at == ':' && (at++, !thread_at(&at, gdb.vcpu, &vcpu))) {
			reply_text("E01");
			return;
		}
		if ((action == 's' || action == 'S') && step == GDB_NO_VCPU)
			step = vcpu;
	}
	go(step);
}

static void v_command(const char *at)
{
	if (begins(&at, "Cont?"))
		reply_text("vCont;c;C;s;S");
	else if (begins(&at, "Cont"))
		cont_actions(at);
}

/* --- registers --- */

/* Where gdb's register is here; a vector is two. */
static uint32_t number_of(uint32_t number)
{
	if (number == GDB_FPSR)
		return BH_REGISTER_FPSR;
	if (number == GDB_FPCR)
		return BH_REGISTER_FPCR;
	if (number >= GDB_V0)
		return BH_REGISTER_Q0 + 2 * (number - GDB_V0);
	return number; /* x0-x30, sp, pc, and cpsr where PSTATE is */
}

static bool read_register(uint32_t number, uint8_t value[16])
{
	uint64_t word[2] = { 0, 0 };

	if (!gdb_target_register(gdb.vcpu, number_of(number), &word[0]))
		return false;
	if (gdb_register_bytes(number) == 16 && !gdb_target_register(gdb.vcpu, number_of(number) + 1, &word[1]))
		return false;
	__builtin_memcpy(value, word, sizeof word);
	return true;
}

static bool write_register(uint32_t number, const uint8_t value[16])
{
	uint64_t word[2];

	__builtin_memcpy(word, value, sizeof word);
	if (!gdb_target_set_register(gdb.vcpu, number_of(number), word[0]))
		return false;
	return gdb_register_bytes(number) < 16 || gdb_target_set_register(gdb.vcpu, number_of(number) + 1, word[1]);
}

/* What cannot be read is not known to gdb: x for each digit. */
static void write_one(uint32_t number)
{
	uint8_t value[16];

	if (read_register(number, value)) {
		gdb_write_hex(&gdb.out, value, gdb_register_bytes(number));
		return;
	}
	for (uint32_t i = 0; i < 2 * gdb_register_bytes(number); i++)
		gdb_write_char(&gdb.out, 'x');
}

static void registers_command(const char *at)
{
	(void)at;
	for (uint32_t n = 0; n < GDB_REGISTERS; n++)
		write_one(n);
}

static bool set_one(uint32_t number, const char **at)
{
	uint8_t value[16] = { 0 }, old[16];

	if (!gdb_unhex(at, value, gdb_register_bytes(number)))
		return false;
	if (read_register(number, old) && __builtin_memcmp(old, value, gdb_register_bytes(number)) == 0)
		return true; /* gdb writes all of them back for one */
	return write_register(number, value);
}

static void set_registers_command(const char *at)
{
	bool done = true;

	for (uint32_t n = 0; n < GDB_REGISTERS && done; n++)
		done = set_one(n, &at);
	reply_if(done);
}

static void register_command(const char *at)
{
	uint64_t n;

	if (gdb_number(&at, &n) && n < GDB_REGISTERS)
		write_one((uint32_t)n);
	else
		reply_text("E01");
}

static void set_register_command(const char *at)
{
	uint64_t n;

	reply_if(gdb_number(&at, &n) && n < GDB_REGISTERS && begins(&at, "=") && set_one((uint32_t)n, &at));
}

/* --- memory --- */

/* "address,length" */
static bool range_at(const char **at, uint64_t *address, uint64_t *bytes)
{
	return gdb_number(at, address) && begins(at, ",") && gdb_number(at, bytes);
}

static uint8_t *memory(uint64_t address, uint64_t left, uint32_t *bytes)
{
	*bytes = left < READ_MOST ? (uint32_t)left : READ_MOST;
	return gdb_target_memory(gdb.vcpu, address, gdb.physical, bytes);
}

/* As far as there is memory. */
static void read_command(const char *at)
{
	uint8_t piece[READ_MOST];
	uint64_t address, left;
	uint32_t n, done = 0;
	const uint8_t *from;

	if (!range_at(&at, &address, &left)) {
		reply_text("E01");
		return;
	}
	left = left < READ_MOST ? left : READ_MOST;
	while (done < left && (from = memory(address + done, left - done, &n))) {
		__builtin_memcpy(piece, from, n);
		gdb_break_hide(from, piece, n);
		gdb_write_hex(&gdb.out, piece, n);
		done += n;
	}
	if (!done && left)
		reply_text("E01");
}

static void write_command(const char *at)
{
	uint8_t bytes[READ_MOST];
	uint64_t address, left;
	uint32_t n, done = 0;
	uint8_t *to;

	if (!range_at(&at, &address, &left) || left > READ_MOST || !begins(&at, ":") || !gdb_unhex(&at, bytes, (uint32_t)left)) {
		reply_text("E01");
		return;
	}
	while (done < left && (to = memory(address + done, left - done, &n))) {
		gdb_break_write(to, bytes + done, n);
		done += n;
	}
	reply_if(done == left);
}

/* --- breakpoints: "0,address,kind"; those in software only --- */

static void set_break_command(const char *at)
{
	uint64_t address, kind;

	if (begins(&at, "0,"))
		reply_if(range_at(&at, &address, &kind) && gdb_break_set(gdb.vcpu, address));
}

/* One that is not there is as gdb wants it. */
static void clear_break_command(const char *at)
{
	uint64_t address, kind;

	if (!begins(&at, "0,"))
		return;
	if (range_at(&at, &address, &kind)) {
		(void)gdb_break_clear(address);
		reply_text("OK");
	} else {
		reply_text("E01");
	}
}

/* --- questions --- */

static void threads_query(const char *at)
{
	(void)at;
	for (uint32_t i = 0; i < gdb_target_vcpus(); i++) {
		gdb_write_char(&gdb.out, i ? ',' : 'm');
		gdb_write_number(&gdb.out, i + 1);
	}
}

static void thread_name_query(const char *at)
{
	char text[] = "vCPU 00";
	uint32_t vcpu;

	if (!thread_at(&at, 0, &vcpu)) {
		reply_text("E01");
		return;
	}
	text[5] = (char)(vcpu < 10 ? '0' + vcpu : '0' + vcpu / 10);
	text[6] = (char)(vcpu < 10 ? 0 : '0' + vcpu % 10);
	gdb_write_hex(&gdb.out, text, vcpu < 10 ? 6 : 7);
}

static void current_query(const char *at)
{
	if (*at)
		return; /* qCRC */
	reply_text("QC");
	gdb_write_number(&gdb.out, gdb.vcpu + 1);
}

static void xml_query(const char *at)
{
	uint64_t offset, n;

	if (!range_at(&at, &offset, &n)) {
		reply_text("E01");
		return;
	}
	n = n < GDB_PACKET - 1 ? n : GDB_PACKET - 1;
	gdb_write_char(&gdb.out, 'm');
	if (gdb_xml(&gdb.out, offset, n))
		gdb.out.data[1] = 'l'; /* the last of it */
}

static void say(const char *text)
{
	uint32_t n = 0;

	while (text[n])
		n++;
	gdb_write_hex(&gdb.out, text, n);
}

/* gdb's "monitor …" */
static void monitor_query(const char *at)
{
	static const char on[] = "706879736963616c206f6e", off[] = "706879736963616c206f6666"; /* physical on, physical off */

	if (begins(&at, off) && !*at) {
		gdb.physical = false;
		say("addresses are virtual\n");
	} else if (begins(&at, on) && !*at) {
		gdb.physical = true;
		say("addresses are the guest's physical ones\n");
	} else {
		say("monitor physical on|off: what addresses of memory are\n");
	}
}

static void supported_query(const char *at)
{
	(void)at;
	reply_text("PacketSize=");
	gdb_write_number(&gdb.out, GDB_PACKET);
	reply_text(";qXfer:features:read+;vContSupported+;QStartNoAckMode+");
}

static void last_query(const char *at)
{
	(void)at;
	reply_text("l");
}

static void attached_query(const char *at)
{
	(void)at;
	reply_text("1");
}

static void symbol_query(const char *at)
{
	(void)at;
	reply_text("OK");
}

static const struct {
	const char *name;
	void (*answer)(const char *at);
} queries[] = {
	{ "Supported", supported_query },
	{ "fThreadInfo", threads_query },
	{ "sThreadInfo", last_query },
	{ "ThreadExtraInfo,", thread_name_query },
	{ "C", current_query },
	{ "Attached", attached_query },
	{ "Symbol", symbol_query },
	{ "Xfer:features:read:target.xml:", xml_query },
	{ "Rcmd,", monitor_query },
};

static void query_command(const char *at)
{
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		const char *rest = at;

		if (!begins(&rest, queries[i].name))
			continue;
		queries[i].answer(rest);
		return;
	}
}

static void set_command(const char *at)
{
	if (!begins(&at, "StartNoAckMode"))
		return;
	gdb.in.silent = true; /* this packet was acknowledged already */
	reply_text("OK");
}

static void detach_command(const char *at)
{
	(void)at;
	gdb.done = true;
	gdb.waits = false;
	reply_text("OK");
}

/* --- packets --- */

static const struct {
	char letter;
	void (*run)(const char *at);
} commands[] = {
	{ '?', status_command },
	{ 'g', registers_command },
	{ 'G', set_registers_command },
	{ 'p', register_command },
	{ 'P', set_register_command },
	{ 'm', read_command },
	{ 'M', write_command },
	{ 'c', continue_command },
	{ 'C', continue_signal_command },
	{ 's', step_command },
	{ 'S', step_signal_command },
	{ 'Z', set_break_command },
	{ 'z', clear_break_command },
	{ 'H', thread_command },
	{ 'T', alive_command },
	{ 'v', v_command },
	{ 'q', query_command },
	{ 'Q', set_command },
	{ 'D', detach_command },
};

/* k asks for the target's end, and is ignored: a debugger that goes away is no reason for that. It has no reply. */
static void take_packet(void)
{
	char letter = gdb.in.data[0];

	if (letter == 'k')
		return;
	gdb_write_begin(&gdb.out);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (commands[i].letter == letter)
			commands[i].run(gdb.in.data + 1);
	if (!gdb.waits)
		send();
}

static void put_char(char c)
{
	if (!gdb.in.silent)
		gdb.put((const uint8_t *)&c, 1);
}

static void take_byte(uint8_t byte)
{
	switch (gdb_read_byte(&gdb.in, byte)) {
	case GDB_READ_MORE: break;
	case GDB_READ_PACKET:
		put_char('+');
		take_packet();
		break;
	case GDB_READ_DAMAGED: put_char('-'); break;
	case GDB_READ_REPEAT:
		if (gdb.out_bytes)
			gdb.put(gdb.out.data, gdb.out_bytes);
		break;
	case GDB_READ_INTERRUPT:
		if (gdb.waits)
			(void)gdb_target_halt();
		break;
	}
}

void gdb_bytes(const uint8_t *bytes, uint32_t n)
{
	while (n--)
		take_byte(*bytes++);
}

void gdb_begin(void (*put)(const uint8_t *bytes, uint32_t n))
{
	gdb.put = put;
	gdb.out_bytes = 0;
	gdb.vcpu = 0;
	gdb.waits = gdb.physical = gdb.done = false;
	gdb_read_begin(&gdb.in);
}

bool gdb_waits(void)
{
	return gdb.waits;
}

void gdb_turn(void)
{
	if (!gdb.waits)
		return;
	gdb_write_begin(&gdb.out);
	if (!tell_stop())
		return;
	gdb.waits = false;
	send();
}

void gdb_end(void)
{
	gdb_break_clear_all();
	gdb.waits = false;
}

bool gdb_done(void)
{
	return gdb.done;
}
