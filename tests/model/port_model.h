/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What abi/port.h, abi/call.h and kernel/sched.h promise, as simple sequential code: messages are copied
 * into arrays, who runs is looked for from the top at each step, nothing is atomic. It shares no code
 * with the kernel. port_model_test.c compares it with the kernel, step by step.
 *
 * One thing is the model's to follow, not to decide: when a core leaves its guest. model_core_exits() is
 * called when it does; model_kicked() says whether somebody has a reason to make it.
 */
#ifndef TESTS_MODEL_PORT_MODEL_H
#define TESTS_MODEL_PORT_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/call.h"
#include "abi/port.h"
#include "abi/status.h"
#include "arch/host/host_system.h"

#define MODEL_WORDS 32u /* of the longest message */
#define MODEL_DEPTH 8u

struct model_message {
	uint32_t bytes;
	uint64_t time;
	uint64_t data[MODEL_WORDS];
};

/* Results of a hypercall. */
struct model_answer {
	int64_t status;
	uint32_t n; /* of x that mean something: x[0] is x1 */
	uint64_t x[3];
	bool has_message; /* x1: bytes and flags, x2: slot, x3: time */
	bool is_reply;	  /* to a call; else it lies in a slot of the receiver */
	uint32_t port;
	struct model_message message;
	uint64_t flags; /* of x1 */
};

enum model_vcpu_state {
	MODEL_OFF,
	MODEL_READY,
	MODEL_WFI,
	MODEL_LISTENS,
	MODEL_CALLS,
};

struct model_vcpu {
	uint32_t partition, index, core, priority;
	enum model_vcpu_state state;
	bool pending_on;	/* CPU_ON is on its way */
	bool private_interrupt; /* is pending */
	bool stop, start, look; /* posted to it */
	uint64_t mask, deadline;
	int32_t port;  /* it serves or calls on, or -1 */
	bool answered; /* since model_step_begins() */
	struct model_answer answer;
};

enum model_life {
	MODEL_PART_OFF,
	MODEL_PART_LOADING,
	MODEL_PART_RUNS,
	MODEL_PART_STOPS,
};

struct model_partition {
	enum model_life life;
	uint32_t ended, left; /* times; vCPUs that have not halted yet */
	bool again;
	uint64_t events;
	uint64_t interrupts[2]; /* pending, by INTID - HOST_PORT_INTID */
	uint32_t n_ports;
};

enum model_call_end {
	MODEL_OPEN,
	MODEL_REPLIED,
	MODEL_SERVER_ENDED,
};

struct model_port {
	const struct host_port *is;
	uint32_t send_number, receive_number;

	struct model_message queue[MODEL_DEPTH]; /* the first waits longest; sampling: the value */
	uint32_t waiting;
	uint32_t dropped, told; /* what the receiver knows of */
	bool room_wanted;
	bool fresh; /* sampling: not read */

	bool asked, taken; /* call: there is a request; a server has it */
	int32_t caller;	   /* vCPU, or -1: it does not wait any more */
	enum model_call_end end;
	struct model_message request, reply;
};

struct model {
	const struct host_system *system;
	uint64_t now;
	uint32_t n_vcpus;
	struct model_vcpu vcpu[BH_MAX_VCPUS];
	struct model_partition partition[8];
	struct model_port port[HOST_PORTS];
	bool kicked[BH_MAX_CORES];
};

extern struct model model;

void model_power_on(const struct host_system *s);

/* --- the machine --- */
struct model_vcpu *model_runs(uint32_t core); /* who runs there, or NULL */
void model_core_exits(uint32_t core, bool alarm);
uint64_t model_alarm(uint32_t core); /* no later may it wake up by itself */

/* --- from outside --- */
bool model_start(uint32_t partition);
bool model_stop(uint32_t partition, bool again);
void model_interrupt(struct model_vcpu *v); /* a private one */

/* --- what the guest v does, running on its core; then that core exits --- */
void model_loaded(struct model_vcpu *v);
void model_wfi(struct model_vcpu *v);
void model_takes(struct model_vcpu *v); /* its interrupts */
int64_t model_cpu_on(struct model_vcpu *v, uint32_t index);
void model_cpu_off(struct model_vcpu *v);
void model_system_off(struct model_vcpu *v, bool again);

/* buffer: what lies in the out buffer of the port, where it has one. The answer goes to v->answer. */
void model_call(struct model_vcpu *v, uint32_t function, const uint64_t *arg, const uint64_t *buffer);

#endif
