/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports (abi/port.h): signals, values, queues of messages, calls. A port has one sending and one
 * receiving partition; each end's words are written by that end only, and `full`, `latest` and `call`
 * are handed over by one atomic operation. Nobody waits for the other end, whatever it does.
 *
 * One vCPU at a time works on an end: `busy` is tried, never waited for, because the other one is a
 * vCPU of the same partition. So no lock is held while bytes move.
 */
#ifndef KERNEL_PORT_H
#define KERNEL_PORT_H

#include "abi/status.h"
#include "kernel/event.h"

#define PORT_ALIGNED __attribute__((aligned(64)))

struct port {
	const struct bh_port *desc;
	struct partition *sender, *receiver;
	uint64_t send_bit, receive_bit;		/* of the ends' events */
	uint32_t send_intid, receive_intid;	/* as desc has them */
	uint32_t kind;				/* likewise */
	uint32_t slot_bytes;			/* from one slot to the next */
	struct vcpu *near_caller, *near_server; /* of a call, where it is near (port_near.h), the ends' vCPUs; else NULL */
	uint64_t request_va, reply_va;		/* of a call: the slots, as desc has them */
	const uint32_t *raised;			/* of a call that is near: where this bit is set the interrupt of a request is pending already, or there is none */
	uint32_t raised_bit;

	struct { /* written by the sending partition's vCPUs */
		uint32_t busy;
		uint32_t head;	  /* queuing: messages ever accepted, modulo 2^32; sampling: 1 once there is a value */
		uint32_t slot;	  /* queuing: where the next one goes; sampling: the slot being written */
		uint32_t dropped; /* queuing: messages dropped */
	} send PORT_ALIGNED;

	struct { /* by the receiving partition's; between its lives by who ends it */
		uint32_t busy;
		uint32_t taken;	  /* queuing: messages ever handed out, modulo 2^32 */
		uint32_t slot;	  /* queuing: of the next one; sampling: the slot being read */
		uint32_t dropped; /* queuing: what the receiver has been told of */
	} receive PORT_ALIGNED;

	/* by both, atomically */
	uint32_t full PORT_ALIGNED; /* queuing: the sender found no room and wants to be told */
	uint32_t latest;	    /* sampling: slot of the newest value, and PORT_FRESH */
	uint64_t call;		    /* call: its state, port_call.c */
} PORT_ALIGNED;

#define PORT_FRESH BIT(2)

/* A call's word: its state, the caller, and a number that is another one at each call. */
enum call_state {
	CALL_IDLE = 0,
	CALL_REQUESTED,
	CALL_SERVING,
	CALL_REPLIED,
	CALL_LATE,
	CALL_GONE,
};

#define CALL_CALLER(vcpu) ((uint64_t)(vcpu) << 8) /* system-wide number */
#define CALL_NEXT	  BIT64(23)

static inline enum call_state call_state(uint64_t word)
{
	return (enum call_state)(word & 0xff);
}

void port_init(struct port *p, uint32_t number);

/* The calls (abi/call.h), on v's core. arg[0] is x1; results beyond the status go there too. */
int64_t port_signal(struct vcpu *v, const uint64_t *arg);
int64_t port_send(struct vcpu *v, const uint64_t *arg);
int64_t port_receive(struct vcpu *v, uint64_t *arg);
int64_t port_state(struct vcpu *v, uint64_t *arg);
void port_look(const struct port *p, uint64_t *arg); /* BH_LOOK_PORT */
int64_t port_call(struct vcpu *v, const uint64_t *arg);
int64_t port_reply(struct vcpu *v, const uint64_t *arg);
int64_t port_serve(struct vcpu *v, const uint64_t *arg);

int64_t port_serve_take(struct vcpu *v); /* v, in a SERVE, may have a request: as RECEIVE, or CALL_NO_RETURN */
void port_call_attend(struct vcpu *v);	 /* own core: v calls, and something changed or its time is over */
void port_call_forget(struct vcpu *v);	 /* own core: v calls and is halted */

/* Partition p began to run, or ended (nobody of it runs): its partners are told. */
void port_started(struct partition *p);
void port_ended(struct partition *p);

/* --- for port.c and port_call.c --- */

void port_fill(uint64_t slot_va, const uint64_t *registers, uint64_t buffer_va, uint64_t bytes);
void port_show(struct vcpu *v, uint64_t slots_va, uint32_t slot, uint32_t most, uint64_t flags);
void port_tell_sender(const struct port *p);
void port_tell_receiver(const struct port *p);
void port_call_init(struct port *p);
bool port_call_waits(const struct port *p);
int64_t port_call_take(struct vcpu *v, struct port *p);
void port_call_ended(struct port *p); /* its server has ended */

#define RESULT_BYTES 0 /* places in arg of what RECEIVE answers */
#define RESULT_SLOT  1
#define RESULT_TIME  2
#define RESULT_DATA  3

static inline struct port *port_at(uint32_t n)
{
	return STATE_AT(struct port, blob->port_state_va, n);
}

/* The end of v's partition that its capability names. must_right: 0, or the end it has to be. CALL-1 */
static inline must_check int64_t port_find(struct vcpu *v, uint64_t number, uint32_t must_right, struct port **out)
{
	const struct partition *p = v->part;

	if (unlikely(number >= BH_PART_PORTS || !(p->ports >> number & 1)))
		return BH_E_CAP;
	if (unlikely(must_right && p->caps[number].rights != must_right))
		return BH_E_RIGHT;
	*out = p->port_base + p->caps[number].object;
	return BH_OK;
}

static inline bool port_size_ok(uint64_t bytes, uint32_t most)
{
	return bytes - 1 < most; /* 1 to most */
}

/* The short way of port_signal(): true: done, BH_OK. False: nothing has been done, and port_signal() has to say why not. CALL-1 */
static inline bool port_signal_quick(struct vcpu *v, uint64_t number)
{
	const struct partition *from = v->part;
	const struct port *p;
	struct partition *to;

	if (unlikely(number >= BH_PART_PORTS || !(from->signals >> number & 1)))
		return false;
	p = from->port_base + from->caps[number].object;
	to = p->receiver;
	if (unlikely(!partition_runs(to)))
		return false;
	event_raise(to, p->receive_bit, p->receive_intid);
	return true;
}

#endif
