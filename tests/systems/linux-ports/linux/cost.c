/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program in Linux pays for its ports, in ticks of the counter: under QEMU's -icount with
 * cntfrq=1000000000 a tick is one instruction, of whatever core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/linux/bulkhead_port.h"

#define TIMES 50

static uint64_t ticks(void)
{
	uint64_t t;

	__asm__ volatile("isb; mrs %0, cntvct_el0"
			 : "=r"(t));
	return t;
}

static struct bulkhead_port *open_or_die(const char *name)
{
	struct bulkhead_port *p;
	int wrong = bulkhead_open(&p, name);

	if (wrong) {
		fprintf(stderr, "cost: %s: %s\n", name, bulkhead_text(wrong));
		exit(1);
	}
	return p;
}

static char message[4096], buffer[4096];

/* There and back: the partner sends back what it gets. */
static void round_trip(struct bulkhead_port *out, struct bulkhead_port *in, size_t bytes)
{
	uint64_t sending = 0, receiving = 0;

	for (int i = 0; i < TIMES; i++) {
		uint64_t begin = ticks(), sent;
		ssize_t answer = bulkhead_send(out, message, bytes, 1000);

		sent = ticks();
		if (answer == 0)
			answer = bulkhead_receive(in, buffer, sizeof buffer, NULL, 1000);
		if (answer < 0) {
			printf("%s\n", bulkhead_text((int)answer));
			exit(1);
		}
		sending += sent - begin;
		receiving += ticks() - sent;
	}
	printf("queuing, %zu bytes: send %llu, receive %llu\n", bytes, (unsigned long long)sending / TIMES,
	       (unsigned long long)receiving / TIMES);
}

static void call(struct bulkhead_port *ask, size_t bytes)
{
	uint64_t begin = ticks();

	for (int i = 0; i < TIMES; i++)
		if (bulkhead_call(ask, message, bytes, buffer, sizeof buffer, 1000) < 0)
			exit(1);
	printf("call and reply, %zu bytes: %llu\n", bytes, (unsigned long long)(ticks() - begin) / TIMES);
}

static void value(struct bulkhead_port *p, size_t bytes)
{
	uint64_t begin = ticks();

	for (int i = 0; i < TIMES; i++)
		if (bulkhead_receive(p, buffer, bytes, NULL, 0) < 0)
			exit(1);
	printf("reading a value of %zu bytes: %llu\n", bytes, (unsigned long long)(ticks() - begin) / TIMES);
}

static void state(struct bulkhead_port *p)
{
	struct bulkhead_state s;
	uint64_t begin = ticks();

	for (int i = 0; i < TIMES; i++)
		if (bulkhead_state(p, &s) < 0)
			exit(1);
	printf("asking for the state: %llu\n", (unsigned long long)(ticks() - begin) / TIMES);
}

int main(void)
{
	struct bulkhead_port *out = open_or_die("out"), *in = open_or_die("in"), *ask = open_or_die("ask");
	struct bulkhead_port *setting = open_or_die("setting"), *measured = open_or_die("measured");
	uint64_t begin = ticks();

	bulkhead_close(open_or_die("knock"));
	printf("opening and closing: %llu\n", (unsigned long long)(ticks() - begin));
	state(out);
	round_trip(out, in, 16);
	round_trip(out, in, 64);
	round_trip(out, in, 128);
	round_trip(out, in, 4096);
	call(ask, 32);
	call(ask, 512);
	if (bulkhead_send(setting, message, 16, 0) < 0 || bulkhead_receive(measured, buffer, 16, NULL, 1000) < 0)
		return 1;
	value(measured, 16);
	printf("done\n");
	return 0;
}
