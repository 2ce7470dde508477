/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small systems for tests: a description as C data becomes a blob that lib/blob_check.c accepts,
 * with state arrays, log, queues and server pages behind it. One system at a time.
 */
#ifndef HOST_HOST_SYSTEM_H
#define HOST_HOST_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/blob.h"
#include "abi/emul.h"

#define HOST_RAM_IPA	   0x40000000ull
#define HOST_RAM_BYTES	   0x100000ull
#define HOST_DOORBELL	   200u /* of emulated region n: HOST_DOORBELL + n */
#define HOST_LOG_INTID	   255u
#define HOST_MONITOR_INTID 254u

struct host_vcpu {
	uint32_t core;
	uint32_t priority; /* higher is more urgent; different on one core, but for vCPUs of one partition */
	uint64_t budget_ns, period_ns;
};

struct host_partition {
	const char *name;
	uint32_t n_vcpus;
	struct host_vcpu vcpu[BH_MAX_PART_VCPUS];
	uint32_t flags;			/* BH_PART_RESTART, BH_PART_DUMP */
	const struct bh_health *health; /* BH_FAULTS of them; NULL: host_system_health() */
	struct bh_health limit;
	uint32_t limit_n;
	uint64_t limit_ns, watchdog_ns, watchdog_open_ns, answer_ns;
	uint64_t watchdog_first_ns; /* 0: as watchdog_ns */
};

/* As the tool does where nothing is said: what a guest tries is refused to it, only its own wish or its boot end it. */
struct bh_health host_system_health(enum bh_fault kind, uint32_t flags);

struct host_emul {
	uint32_t client, server;
	enum bh_down down;
	uint64_t ipa;
	uint32_t intid;	 /* 0: none */
	uint8_t reg[16]; /* of the first registers; the others ask */
};

/* Unless it has no_irq, port n has intid HOST_PORT_INTID + 2 * n at its sender, the next one at its receiver. */
#define HOST_PORT_INTID 32u
#define HOST_PORTS	32u

struct host_port {
	enum bh_port_kind kind;
	uint32_t sender, receiver;
	uint32_t bytes, reply_bytes, depth, flags; /* as struct bh_port has them */
	bool no_irq;				   /* neither end has an interrupt */
};

struct host_control {
	uint32_t holder, object, rights;
};

/* Words of partitions: bit p. In order on each core. */
struct host_window {
	uint32_t core, partitions;
	uint64_t start_ns, end_ns;
};

struct host_mode {
	uint64_t frame_ns;
	bool at_once;
	uint32_t slack;	  /* partitions */
	uint32_t without; /* partitions: neither reservation nor, where a core has no windows, all the time */
	uint32_t n_windows;
	const struct host_window *window;
};

struct host_system {
	uint32_t n_modes; /* 0: one, without windows */
	const struct host_mode *mode;
	uint32_t changers; /* partitions that may change the mode */
	uint32_t n_cores, n_partitions, n_emuls, n_ports, n_controls;
	bool no_reader; /* else partition `reader` reads the log */
	uint32_t reader;
	uint32_t monitor; /* partition, and one; 0: there is none. It has MONITOR, MAY_RESET */
	const struct host_partition *partition;
	const struct host_emul *emul;
	const struct host_port *port;
	const struct host_control *control;
};

/* Aborts where the description gives no good blob. Until the next call, or host_system_free(). */
const struct bh_blob *host_system_make(const struct host_system *s);
void host_system_free(void);

/* The capability of the server of region n, in its table. */
uint32_t host_system_cap(const struct bh_blob *b, uint32_t n);

/* Of control n, in its holder's table. The caps of port n are in its struct bh_port. */
uint32_t host_system_control(const struct bh_blob *b, const struct host_system *s, uint32_t n);

/* Of the monitor's right to look, in its table. */
uint32_t host_system_monitor(const struct bh_blob *b);

/* Of the right to change the mode, in partition p's table. */
uint32_t host_system_schedule(const struct bh_blob *b, uint32_t p);

/* What the ends of port n have in their windows; NULL: nothing. */
struct bh_slot *host_slot(const struct bh_blob *b, uint32_t n, uint32_t slot); /* at its receiver */
struct bh_slot *host_reply_slot(const struct bh_blob *b, uint32_t n);
uint64_t *host_buffer(const struct bh_blob *b, uint32_t n);
uint64_t *host_reply_buffer(const struct bh_blob *b, uint32_t n);

#endif
