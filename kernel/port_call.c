/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call ports. One word says how far a call is; every step is one compare-and-swap of it, so of two
 * who come at once (a reply, a timeout, an end of either partition) one wins, and the other sees it:
 *
 *   IDLE -> REQUESTED -> SERVING -> REPLIED -> IDLE
 *   REQUESTED -> IDLE               the caller's time is over, or it has ended
 *   SERVING -> LATE -> IDLE         likewise; LATE until the server is done with the request
 *   REQUESTED, SERVING -> GONE -> IDLE   the server has ended
 *
 * The word also has the caller and a sequence number, so that a step meant for one call does not fit the
 * next. REPLIED and GONE are ended by the caller on its own core, where its registers are.
 *
 * While a caller waits for a server with a vCPU on the same core, that one runs in its place (sched.h).
 */
#include "kernel/arch.h"
#include "kernel/call.h"
#include "kernel/event.h"
#include "kernel/port_near.h"
#include "abi/status.h"

#define STATE(word)  call_state(word)
#define CALLER(word) ((uint32_t)((word) & (CALL_NEXT - 1)) >> 8)

_Static_assert(CALL_CALLER(BH_MAX_VCPUS) <= CALL_NEXT, "the caller has its bits");

static uint64_t with(uint64_t word, enum call_state state)
{
	return (word & ~0xffull) | state;
}

static uint64_t caller_of(const struct vcpu *v)
{
	return CALL_CALLER(v->desc - blob_vcpus(blob));
}

static const uint32_t nothing_to_raise = ~0u;

/* `to` has the core from now on. */
static __attribute__((noinline)) void trace_handed(struct core *c, const struct vcpu *to)
{
	sched_trace(c, to, c->rank);
}

void near_news(struct core *c, const struct vcpu *v, uint64_t number, const struct vcpu *s)
{
	trace_message(v, BH_CALL_CALL, number, BH_SHORT_BYTES, CALL_NO_RETURN);
	trace_handed(c, s);
}

void port_call_init(struct port *p)
{
	const struct bh_port *d = p->desc;
	struct vcpu *from = p->sender->vcpus, *to = p->receiver->vcpus;

	p->request_va = d->in_va;
	p->reply_va = d->reply_in_va;
	if (p->sender->desc->n_vcpus != 1 || p->receiver->desc->n_vcpus != 1 || from->core != to->core || from->core->families)
		return;
	p->near_caller = from;
	p->near_server = to;
	p->call = caller_of(from);
	p->raised = d->receive_intid == BH_NONE ? &nothing_to_raise : arch_irq_raised(p->receiver, d->receive_intid);
	p->raised_bit = BIT(d->receive_intid % 32);
	if (d->bytes == BH_SHORT_BYTES)
		p->sender->near_calls |= p->send_bit;
	if (d->reply_bytes == BH_SHORT_BYTES)
		p->receiver->near_serves |= p->receive_bit;
}

bool port_call_waits(const struct port *p)
{
	enum call_state state = STATE(load_relaxed(&p->call));

	return state == CALL_REQUESTED || state == CALL_SERVING || state == CALL_LATE;
}

/* --- the caller --- */

/* The server's vCPU on v's core, or NULL. */
static struct vcpu *server_here(const struct vcpu *v, const struct port *p)
{
	for (struct vcpu *s = p->receiver->vcpus; s != p->receiver->vcpus_end; s++)
		if (s->core == v->core)
			return s;
	return NULL;
}

/* The server may answer from its own core as soon as the word is stored; that waits at v's inbox. */
static void begin_call(struct vcpu *v, struct port *p, struct vcpu *here, ticks_t deadline)
{
	uint64_t number = (load_relaxed(&p->call) & ~(CALL_NEXT - 1)) + CALL_NEXT;

	v->calls = p;
	vcpu_until(v->core, v, deadline);
	vcpu_block(v, VCPU_CALLING);
	if (here)
		sched_lend(v, here);
	store_release(&p->call, number | caller_of(v) | CALL_REQUESTED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* with port_ended() */
}

/* As port_call_quick(), of any size; the trace has its message by who asks. */
static bool hand_over(struct vcpu *v, struct port *p, const uint64_t *arg)
{
	struct vcpu *s = p->near_server;
	uint64_t word = load_relaxed(&p->call);

	if (!s || !near_can_call(v->core, p, s, word, arg[6], arch_stamp()))
		return false;
	port_fill(p->desc->in_va, &arg[2], p->desc->out_va, arg[1]);
	port_show(s, p->desc->in_va, 0, p->desc->bytes, 0);
	(void)near_call(v->core, v, p, s, word, arg[6]); /* sched_next() looks anyway */
	trace_handed(v->core, s);
	if (p->receive_intid != BH_NONE)
		arch_irq_raise(s->part, p->receive_intid);
	return true;
}

#define HANDED_OVER 1 /* no status: the server has it */

static int64_t request(struct vcpu *v, struct port *p, const uint64_t *arg)
{
	struct vcpu *here;

	if (STATE(load_acquire(&p->call)) != CALL_IDLE)
		return BH_E_AGAIN;
	if (!partition_runs(p->receiver))
		return BH_E_PEER;
	if (hand_over(v, p, arg))
		return HANDED_OVER;
	here = server_here(v, p);
	port_fill(p->desc->in_va, &arg[2], p->desc->out_va, arg[1]);
	begin_call(v, p, here, arg[6]);
	return CALL_NO_RETURN;
}

int64_t port_call(struct vcpu *v, const uint64_t *arg)
{
	struct port *p;
	int64_t status = port_find(v, arg[0], BH_PORT_SEND, &p);

	if (status)
		return status;
	if (p->kind != BH_PORT_CALL)
		return BH_E_CAP;
	if (!port_size_ok(arg[1], p->desc->bytes) || arg[6] == BH_NEVER)
		return BH_E_ARG;
	if (arg[6] <= arch_time())
		return BH_E_TIMEOUT;
	if (swap_all(&p->send.busy, 1))
		return BH_E_STATE;
	status = request(v, p, arg);
	store_release(&p->send.busy, 0);
	if (status == HANDED_OVER)
		return CALL_NO_RETURN;
	if (status != CALL_NO_RETURN)
		return status;
	port_tell_receiver(p);
	/* A server that ended before it could see the request does not end it. */
	if (unlikely(!partition_runs(p->receiver)))
		vcpu_post(v, REQ_PORT);
	return CALL_NO_RETURN;
}

static void call_over(struct vcpu *v, int64_t status)
{
	sched_unlend(v);
	v->calls = NULL;
	v->deadline = BH_NEVER;
	arch_vcpu_answer(v, status);
	vcpu_wake(v);
}

/* The caller does not wait any more. False: the word went on meanwhile. */
static bool give_up(struct port *p, uint64_t word)
{
	return change_if(&p->call, &word, with(word, STATE(word) == CALL_REQUESTED ? CALL_IDLE : CALL_LATE));
}

/* What ends the call now: a status, or CALL_NO_RETURN. */
static int64_t outcome(struct vcpu *v, struct port *p, uint64_t word)
{
	switch (STATE(word)) {
	case CALL_REPLIED:
		port_show(v, p->desc->reply_in_va, 0, p->desc->reply_bytes, 0);
		return BH_OK;
	case CALL_GONE:
		return BH_E_PEER;
	case CALL_REQUESTED:
		if (!partition_runs(p->receiver))
			return BH_E_PEER;
		break;
	case CALL_SERVING:
	case CALL_IDLE:
	case CALL_LATE: break;
	}
	return v->deadline <= arch_time() ? BH_E_TIMEOUT : CALL_NO_RETURN;
}

/* The word can go on only twice (SERVING, then REPLIED or GONE) before it waits for this vCPU. */
void port_call_attend(struct vcpu *v)
{
	struct port *p = v->calls;
	uint64_t word;
	int64_t status;

	do {
		word = load_acquire(&p->call);
		status = outcome(v, p, word);
		if (status == CALL_NO_RETURN)
			return;
		if (STATE(word) == CALL_REPLIED || STATE(word) == CALL_GONE) {
			store_release(&p->call, with(word, CALL_IDLE));
			break;
		}
	} while (!give_up(p, word));
	call_over(v, status);
}

void port_call_forget(struct vcpu *v)
{
	struct port *p = v->calls;
	uint64_t word;

	do {
		word = load_acquire(&p->call);
		if (STATE(word) == CALL_REPLIED || STATE(word) == CALL_GONE) {
			store_release(&p->call, with(word, CALL_IDLE));
			break;
		}
	} while (!give_up(p, word)); /* likewise */
	sched_unlend(v);
	v->calls = NULL;
	v->deadline = BH_NEVER;
}

/* --- the server --- */

int64_t port_call_take(struct vcpu *v, struct port *p)
{
	uint64_t word = load_acquire(&p->call);

	if (STATE(word) != CALL_REQUESTED || !change_if(&p->call, &word, with(word, CALL_SERVING)))
		return partition_runs(p->sender) ? BH_E_AGAIN : BH_E_PEER;
	port_show(v, p->desc->in_va, 0, p->desc->bytes, 0);
	return BH_OK;
}

/* The slot is the server's to write until the word says REPLIED: a caller that has given up reads nothing. */
static int64_t reply(struct port *p, const uint64_t *arg)
{
	uint64_t word = load_acquire(&p->call);

	if (STATE(word) != CALL_SERVING && STATE(word) != CALL_LATE)
		return BH_E_STATE;
	if (STATE(word) == CALL_SERVING) {
		port_fill(p->desc->reply_in_va, &arg[2], p->desc->reply_out_va, arg[1]);
		if (likely(change_if(&p->call, &word, with(word, CALL_REPLIED)))) {
			vcpu_post(vcpu_at(CALLER(word)), REQ_PORT);
			return BH_OK;
		}
	}
	store_release(&p->call, with(word, CALL_IDLE)); /* LATE, which only the server ends */
	port_tell_sender(p);
	return partition_runs(p->sender) ? BH_E_TIMEOUT : BH_E_PEER;
}

static int64_t find_server(struct vcpu *v, const uint64_t *arg, struct port **p)
{
	int64_t wrong = port_find(v, arg[0], BH_PORT_RECEIVE, p);

	return wrong ? wrong : (*p)->kind == BH_PORT_CALL ? BH_OK
							  : BH_E_CAP;
}

/* A status that says that the reply was not looked at; else BH_OK, and what reply() says is in *answer. */
static int64_t reply_now(struct port *p, const uint64_t *arg, int64_t *answer)
{
	if (!port_size_ok(arg[1], p->desc->reply_bytes))
		return BH_E_ARG;
	if (swap_all(&p->receive.busy, 1))
		return BH_E_STATE;
	*answer = reply(p, arg);
	store_release(&p->receive.busy, 0);
	return BH_OK;
}

int64_t port_reply(struct vcpu *v, const uint64_t *arg)
{
	struct port *p;
	int64_t answer, wrong = find_server(v, arg, &p);

	if (!wrong)
		wrong = reply_now(p, arg, &answer);
	return wrong ? wrong : answer;
}

/* As port_serve_quick(), likewise. True: the caller has its reply, and the core; v listens. */
static bool hand_back(struct vcpu *v, struct port *p, const uint64_t *arg)
{
	struct vcpu *caller = p->near_caller;
	uint64_t word = load_relaxed(&p->call);

	if (!caller || !port_size_ok(arg[1], p->desc->reply_bytes) || arch_irq_pending(v) || !near_can_reply(v->core, v, p, caller, word, arg[6]))
		return false;
	port_fill(p->desc->reply_in_va, &arg[2], p->desc->reply_out_va, arg[1]);
	port_show(caller, p->desc->reply_in_va, 0, p->desc->reply_bytes, 0);
	near_reply(v->core, v, p, caller, word, arg[6]);
	trace_handed(v->core, caller);
	return true;
}

int64_t port_serve(struct vcpu *v, const uint64_t *arg)
{
	struct port *p;
	int64_t answer, status = find_server(v, arg, &p);

	if (!status && arg[1] && !swap_all(&p->receive.busy, 1)) {
		bool handed = hand_back(v, p, arg);

		store_release(&p->receive.busy, 0);
		if (handed)
			return CALL_NO_RETURN;
	}
	if (!status && arg[1])
		status = reply_now(p, arg, &answer); /* the answer is not told */
	if (status)
		return status;
	v->serves = p;
	status = port_serve_take(v);
	if (status == CALL_NO_RETURN)
		status = event_listen(v, BIT64(arg[0]), arg[6]);
	if (v->state != VCPU_LISTENING)
		v->serves = NULL;
	return status;
}

/* A request that is not there any more, or a caller that does not run, is no reason to stop waiting. */
int64_t port_serve_take(struct vcpu *v)
{
	struct port *p = v->serves;

	return port_call_take(v, p) == BH_OK ? BH_OK : CALL_NO_RETURN;
}

/* GONE waits for the caller, which is told. A word that went on went to IDLE, LATE or REPLIED by its caller or before. */
void port_call_ended(struct port *p)
{
	uint64_t word = load_acquire(&p->call);

	while (STATE(word) == CALL_REQUESTED || STATE(word) == CALL_SERVING)
		if (change_if(&p->call, &word, with(word, CALL_GONE))) {
			vcpu_post(vcpu_at(CALLER(word)), REQ_PORT);
			return;
		}
	if (STATE(word) == CALL_LATE)
		store_release(&p->call, with(word, CALL_IDLE));
}
