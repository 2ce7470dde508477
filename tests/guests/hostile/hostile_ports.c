/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million calls about ports: numbers, rights, sizes, masks, deadlines and all registers at random, many of them near
 * real ones, and junk in the out window. Who gets the messages looks whether they are what they should be; here it is
 * whether the calls answer what is documented and leave the registers alone.
 */
#include "abi/call.h"
#include "abi/info.h"
#include "abi/port.h"
#include "abi/status.h"
#include "tests/guests/hostile/hostile.h"

#ifndef HOSTILE_PORT_CALLS
#define HOSTILE_PORT_CALLS 1000000u
#endif

#define REGISTERS 31u
#define SOON	  50000u /* ticks */

struct registers {
	uint64_t x[REGISTERS];
};

/* x0-x30 from there, the call, and back. */
void hostile_hvc(struct registers *r);
void hostile_smc(struct registers *r);

#define CALLER(name, instruction)                                                                           \
	__asm__(".pushsection .text\n\t.global " name "\n" name ":\n\t"                                     \
		"stp x19, x20, [sp, #-96]!\n\tstp x21, x22, [sp, #16]\n\tstp x23, x24, [sp, #32]\n\t"       \
		"stp x25, x26, [sp, #48]\n\tstp x27, x28, [sp, #64]\n\tstp x29, x30, [sp, #80]\n\t"         \
		"str x0, [sp, #-16]!\n\tmov x1, x0\n\tldr x30, [x1, #240]\n\t"                              \
		"ldp x28, x29, [x1, #224]\n\tldp x26, x27, [x1, #208]\n\tldp x24, x25, [x1, #192]\n\t"      \
		"ldp x22, x23, [x1, #176]\n\tldp x20, x21, [x1, #160]\n\tldp x18, x19, [x1, #144]\n\t"      \
		"ldp x16, x17, [x1, #128]\n\tldp x14, x15, [x1, #112]\n\tldp x12, x13, [x1, #96]\n\t"       \
		"ldp x10, x11, [x1, #80]\n\tldp x8, x9, [x1, #64]\n\tldp x6, x7, [x1, #48]\n\t"             \
		"ldp x4, x5, [x1, #32]\n\tldp x2, x3, [x1, #16]\n\tldp x0, x1, [x1]\n\t" instruction "\n\t" \
		"stp x0, x1, [sp, #-16]!\n\tldr x0, [sp, #16]\n\tstr x30, [x0, #240]\n\t"                   \
		"stp x28, x29, [x0, #224]\n\tstp x26, x27, [x0, #208]\n\tstp x24, x25, [x0, #192]\n\t"      \
		"stp x22, x23, [x0, #176]\n\tstp x20, x21, [x0, #160]\n\tstp x18, x19, [x0, #144]\n\t"      \
		"stp x16, x17, [x0, #128]\n\tstp x14, x15, [x0, #112]\n\tstp x12, x13, [x0, #96]\n\t"       \
		"stp x10, x11, [x0, #80]\n\tstp x8, x9, [x0, #64]\n\tstp x6, x7, [x0, #48]\n\t"             \
		"stp x4, x5, [x0, #32]\n\tstp x2, x3, [x0, #16]\n\t"                                        \
		"ldp x2, x3, [sp], #32\n\tstp x2, x3, [x0]\n\t"                                             \
		"ldp x29, x30, [sp, #80]\n\tldp x27, x28, [sp, #64]\n\tldp x25, x26, [sp, #48]\n\t"         \
		"ldp x23, x24, [sp, #32]\n\tldp x21, x22, [sp, #16]\n\tldp x19, x20, [sp], #96\n\tret\n\t.popsection")

CALLER("hostile_hvc", "hvc #0");
CALLER("hostile_smc", "smc #0");

static uint64_t answers[9]; /* by -status */
static uint64_t odd_statuses, odd_registers, odd_messages;
static uint32_t n_ports;

static const struct bh_info *info(void)
{
	return (const struct bh_info *)(uintptr_t)BH_INFO_IPA;
}

static const struct bh_info_entry *port_entry(uint64_t n)
{
	for (uint32_t i = 0; i < info()->n_entries; i++)
		if (info()->entry[i].kind == BH_INFO_PORT && info()->entry[i].cap == n)
			return &info()->entry[i];
	return NULL;
}

static uint64_t random64(void)
{
	return (uint64_t)random_next() << 32 | random_next();
}

/* Mostly a port of its own. */
static uint64_t some_port(void)
{
	uint32_t r = random_next();

	switch (r & 15) {
	case 0: return r >> 8 & 63;
	case 1: return r >> 8;
	case 2: return random64();
	default: return (r >> 8) % n_ports;
	}
}

static uint64_t some_size(void)
{
	uint32_t r = random_next();

	switch (r & 7) {
	case 0: return 0;
	case 1: return r >> 8 & 0x1fff;
	case 2: return random64();
	case 3: return (uint64_t)1 << 32 | (r >> 8 & 0xff);
	case 4: return 4096;
	default: return 1 + (r >> 8) % 32;
	}
}

static uint64_t some_deadline(void)
{
	uint32_t r = random_next();

	switch (r & 7) {
	case 0: return BH_NEVER;
	case 1: return random64();
	case 2: return 0;
	default: return ticks() + r % SOON;
	}
}

static uint64_t some_mask(void)
{
	uint64_t all = ((uint64_t)1 << n_ports) - 1, r = random64();

	return r % 8 ? r & all : r;
}

/* No interrupt is taken, but one that is pending ends every wait but that for a reply. */
static void arm_timer(void)
{
	write_reg(cntv_cval_el0, random_next() & 1 ? 0 : ticks() + random_next() % SOON);
	write_reg(cntv_ctl_el0, 1);
	isb();
}

static uint64_t some_argument(uint32_t i, uint32_t function)
{
	bool waits = function == BH_CALL_WAIT, until = function == BH_CALL_CALL || function == BH_CALL_SERVE;

	switch (i) {
	case 0: return function;
	case 1: return waits ? some_mask() : some_port();
	case 2: return waits ? some_deadline() : some_size();
	case 7: return until ? some_deadline() : random64();
	default: return random64();
	}
}

static void fill(struct registers *before, volatile struct registers *r, uint32_t function)
{
	for (uint32_t i = 0; i < REGISTERS; i++)
		r->x[i] = before->x[i] = some_argument(i, function);
}

static uint32_t results(uint32_t function)
{
	switch (function) {
	case BH_CALL_RECEIVE:
	case BH_CALL_CALL:
	case BH_CALL_SERVE: return 7;
	default: return 3;
	}
}

static void check_message(const struct registers *before, const struct registers *r, uint32_t function)
{
	const struct bh_info_entry *e = port_entry(before->x[1]);
	uint64_t bytes = r->x[1] & 0xffffffff;
	uint32_t slots;

	if (!e) {
		odd_messages++;
		return;
	}
	slots = function == BH_CALL_CALL ? 1 : bh_port_slots(BH_INFO_PORT_KIND(e->flags), e->depth);
	if (!bytes || bytes > (function == BH_CALL_CALL ? e->reply_bytes : e->bytes) || r->x[2] >= slots || r->x[3] > ticks())
		odd_messages++;
}

static void check(const struct registers *before, const struct registers *r, uint32_t function)
{
	int64_t status = (int64_t)r->x[0];

	if (status > 0 || status < -8)
		odd_statuses++;
	else
		answers[-status]++;
	for (uint32_t i = 1 + results(function); i < REGISTERS; i++)
		odd_registers += r->x[i] != before->x[i];
	if (status == BH_OK && results(function) == 7)
		check_message(before, r, function);
}

/* The buffers of all its ports get junk. */
static void spoil_window(void)
{
	for (uint32_t n = 0; n < n_ports; n++) {
		const struct bh_info_entry *e = port_entry(n);
		uint64_t bytes = e ? e->flags & BH_INFO_PORT_SEND ? e->bytes : e->reply_bytes : 0;

		if (e && e->ipa2)
			*reg64(e->ipa2 + (random_next() % bytes & ~7ull)) = random64();
	}
}

/* The same call for a while: refusals in a row are one line of the log, or a million of them would be a million. */
static uint32_t batch(void)
{
	static struct registers before, r;
	uint32_t function = BH_CALL(6 + random_next() % 9); /* SIGNAL to CONTROL */
	uint32_t n = 1 + random_next() % 512;
	bool by_hvc = random_next() & 1;

	arm_timer();
	for (uint32_t i = 0; i < n; i++) {
		fill(&before, &r, function);
		if (by_hvc)
			hostile_hvc(&r);
		else
			hostile_smc(&r);
		check(&before, &r, function);
		if (i % 16 == 0)
			spoil_window();
	}
	return n;
}

void hostile_ports(void)
{
	while (port_entry(n_ports))
		n_ports++;
	say_dec("ports.own", n_ports);
	if (!n_ports)
		return;
	gic_init();
	gic_core_init();
	gic_enable(TIMER_VIRTUAL);
	for (uint32_t done = 0; done < HOSTILE_PORT_CALLS;)
		done += batch();
	write_reg(cntv_ctl_el0, 0);
	gic_disable(TIMER_VIRTUAL);
	say_dec("ports.calls", HOSTILE_PORT_CALLS);
	for (uint32_t i = 0; i < 9; i++) {
		put("ports.answer ");
		put_dec(i);
		put_char(' ');
		put_dec(answers[i]);
		put_char('\n');
	}
	say_dec("ports.odd_statuses", odd_statuses);
	say_dec("ports.odd_registers", odd_registers);
	say_dec("ports.odd_messages", odd_messages);
}
