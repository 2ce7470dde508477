/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client with three vCPUs, a server for three regions of it (one for each answer while it is
 * down), and the server's half of the protocol, as abi/emul.h has it.
 */
#ifndef TESTS_UNIT_EMUL_MACHINE_H
#define TESTS_UNIT_EMUL_MACHINE_H

#include "tests/unit/machine.h"

enum { CLIENT,
       SERVER,
       STRANGER,
       EMUL_PARTITIONS };

enum {			 /* the registers of each region */
       REG_QUEUE = 0x0,	 /* read asks, write posted */
       REG_SHADOW = 0x4, /* read shadow, write ignored */
       REG_LINE = 0x8,	 /* read shadow, write asks */
       REG_NONE = 0xc,	 /* nothing */
};

#define EMUL_REGS                                                                                  \
	{                                                                                          \
		BH_REG_WRITE_POSTED, BH_REG_READ_SHADOW | BH_REG_WRITE_IGNORE, BH_REG_READ_SHADOW, \
			BH_REG_READ_NONE | BH_REG_WRITE_NONE                                       \
	}

static const struct host_partition emul_partitions[EMUL_PARTITIONS] = {
	[CLIENT] = { .name = "client", .n_vcpus = 3, .vcpu = { { 0, 5 }, { 1, 5 }, { 2, 5 } }, .flags = BH_PART_RESTART },
	[SERVER] = { .name = "server", .n_vcpus = 1, .vcpu = { { 3, 5 } }, .flags = BH_PART_RESTART },
	[STRANGER] = { .name = "stranger", .n_vcpus = 1, .vcpu = { { 3, 4 } } },
};

static const struct host_emul emul_regions[] = {
	{ .client = CLIENT, .server = SERVER, .down = BH_DOWN_ZERO, .ipa = 0x9000000, .intid = 40, .reg = EMUL_REGS },
	{ .client = CLIENT, .server = SERVER, .down = BH_DOWN_FAULT, .ipa = 0x9001000, .intid = 41, .reg = EMUL_REGS },
	{ .client = CLIENT, .server = SERVER, .down = BH_DOWN_WAIT, .ipa = 0x9002000, .reg = EMUL_REGS },
};

static const struct host_system emul_description = {
	.n_cores = 4,
	.n_partitions = EMUL_PARTITIONS,
	.n_emuls = 3,
	.partition = emul_partitions,
	.emul = emul_regions,
	.no_reader = true
};

static inline struct bh_emul_queue *queue_of(uint32_t n)
{
	return (void *)(uintptr_t)emul_at(n)->desc->queue_va;
}

static inline struct bh_emul_control *control_of(uint32_t n)
{
	return (void *)(uintptr_t)emul_at(n)->desc->server_va;
}

static inline uint32_t *shadow_of(uint32_t n, uint32_t offset)
{
	return (uint32_t *)(uintptr_t)(emul_at(n)->desc->server_va + BH_PAGE + offset);
}

/* The next entry, not yet consumed; or NULL. */
static inline const struct bh_emul_entry *server_sees(uint32_t n)
{
	const struct bh_emul_queue *q = queue_of(n);
	uint32_t tail = control_of(n)->tail;

	return __atomic_load_n(&q->head, __ATOMIC_ACQUIRE) == tail ? NULL : &q->entry[tail % BH_EMUL_RING];
}

/* Consumes it. True: the server has to call BH_CALL_EMUL_ROOM. */
static inline bool server_eats(uint32_t n)
{
	__atomic_store_n(&control_of(n)->tail, control_of(n)->tail + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&queue_of(n)->waiting, __ATOMIC_RELAXED);
}

static inline struct guest_call answer_call(uint32_t n, uint64_t index, uint64_t value, uint64_t aborts, uint32_t position)
{
	return (struct guest_call){ .function = BH_CALL_EMUL_ANSWER, .arg = { host_system_cap(blob, n), index, value, aborts, position } };
}

static inline struct guest_call room_call(uint32_t n)
{
	return (struct guest_call){ .function = BH_CALL_EMUL_ROOM, .arg = { host_system_cap(blob, n) } };
}

#endif
