/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emulated regions: shadow reads, posted writes, asks. One queue a region carries posted writes and
 * asks in the order the client made them; only this file writes it. What is read from the server's
 * pages (tail, shadow words) is bounded or handed to the client as it is.
 *
 * v->ask, one word, changed by compare-and-swap: bits 0-7 what, 8-15 emulated region + 1, 32-63 the
 * entry's position in the queue while it is asked, then the value. The position makes each ask
 * unlike every other: an answer to one that was ended otherwise does not fit the next.
 */
#include "kernel/emul.h"

#include "abi/port.h"
#include "abi/status.h"
#include "kernel/arch.h"
#include "kernel/health.h"
#include "kernel/inspect.h"
#include "kernel/window.h"

#define ASK_NONE    0u
#define ASK_ASKING  1u
#define ASK_VALUE   2u
#define ASK_ABORT   3u
#define ASK_WHAT(a) ((uint32_t)(a)&0xffu)

static struct bh_emul_queue *queue(const struct emul *e)
{
	return (void *)(uintptr_t)e->desc->queue_va;
}

static const struct bh_emul_control *control(const struct emul *e)
{
	return (const void *)(uintptr_t)e->desc->server_va;
}

static uint32_t shadow(const struct emul *e, const struct access *a)
{
	const uint32_t *word = (const void *)(uintptr_t)(e->desc->server_va + BH_PAGE);
	uint32_t value = load_relaxed(&word[a->offset / 4]) >> 8 * (a->offset & 3u);

	return a->bytes == 4 ? value : value & ((1u << 8 * a->bytes) - 1);
}

static struct partition *server(const struct emul *e)
{
	return partition_at(e->desc->server);
}

static uint32_t number(const struct emul *e)
{
	return (uint32_t)(e->desc - blob_emuls(blob));
}

void emul_init(struct emul *e, uint32_t n)
{
	e->desc = blob_emuls(blob) + n;
}

static bool has_room(const struct emul *e, uint32_t head)
{
	return head - load_acquire(&control(e)->tail) < BH_EMUL_RING;
}

/*
 * Appends an entry; false: there is no room. A tail that makes no sense counts as no room: it
 * stops this server's clients, nobody else.
 *
 * The server stores tail, executes a barrier, and looks at head before it sleeps; here head is
 * stored, then tail is looked at. One of the two sees the other's store, so an entry is never
 * left behind without a doorbell.
 */
static bool push(struct emul *e, struct bh_emul_entry entry)
{
	struct bh_emul_queue *q = queue(e);
	uint32_t head = e->head;

	if (!has_room(e, head))
		return false;
	q->entry[head % BH_EMUL_RING] = entry;
	store_relaxed(&e->head, head + 1);
	store_release(&q->head, head + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (load_relaxed(&control(e)->tail) == head)
		arch_irq_raise(server(e), e->desc->doorbell);
	return true;
}

static uint64_t asking(const struct emul *e, uint32_t position)
{
	return ASK_ASKING | (uint64_t)(number(e) + 1) << 8 | (uint64_t)position << 32;
}

/* asker: whose ask this is, or NULL. It asks before the entry is visible: the answer may come at
 * once from another core. */
static bool push_locked(struct emul *e, struct bh_emul_entry entry, struct vcpu *asker)
{
	bool done;

	lock_take(&e->lock);
	if (asker)
		store_release(&asker->ask, asking(e, e->head));
	done = push(e, entry);
	if (asker && !done)
		store_relaxed(&asker->ask, ASK_NONE);
	lock_drop(&e->lock);
	return done;
}

/* As push(), but leaves a wish for room; the server looks for it after it has stored tail. */
static bool push_or_wish(struct emul *e, struct bh_emul_entry entry, struct vcpu *asker)
{
	if (push_locked(e, entry, asker))
		return true;
	store_relaxed(&e->wishes, 1);
	store_release(&queue(e)->waiting, 1); /* a server that sees this, and says so, finds the wish: emul_room() clears them in this order */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return push_locked(e, entry, asker);
}

static struct bh_emul_entry entry_of(const struct vcpu *v, const struct access *a, enum bh_emul_kind kind)
{
	uint32_t log2 = a->bytes == 4 ? 2 : a->bytes - 1;

	return (struct bh_emul_entry){ .offset = (uint16_t)a->offset,
				       .kind = (uint8_t)kind,
				       .source = (uint8_t)(v->desc->index | log2 << 6),
				       .value = a->write ? a->value : 0 };
}

/* By when its server has to have answered. */
static ticks_t answer_by(const struct emul *e)
{
	uint64_t ns = server(e)->desc->answer_ns;

	return ns ? arch_time() + ticks_of(ns) : BH_NEVER;
}

static void await(struct vcpu *v, const struct emul *e, enum vcpu_state why)
{
	v->awaits = number(e);
	v->awaits_tail = load_relaxed(&control(e)->tail);
	vcpu_until(v->core, v, answer_by(e));
	vcpu_block(v, why);
}

static enum emul_result post(struct vcpu *v, struct emul *e, const struct access *a)
{
	if (likely(push_or_wish(e, entry_of(v, a, BH_EMUL_WRITE), NULL)))
		return EMUL_DONE;
	await(v, e, VCPU_BLOCKED);
	return EMUL_AGAIN;
}

static enum emul_result ask(struct vcpu *v, struct emul *e, const struct access *a)
{
	enum bh_emul_kind kind = a->write ? BH_EMUL_ASK_WRITE : BH_EMUL_ASK_READ;

	await(v, e, VCPU_ASKING);
	if (likely(push_or_wish(e, entry_of(v, a, kind), v)))
		return EMUL_WAIT;
	vcpu_block(v, VCPU_BLOCKED);
	return EMUL_AGAIN;
}

/* What the description says for the time its server does not run. (EMUL-2) */
static enum emul_result down(struct vcpu *v, struct emul *e, struct access *a)
{
	switch ((enum bh_down)e->desc->down) {
	case BH_DOWN_ZERO:
		a->value = 0;
		return EMUL_DONE;
	case BH_DOWN_WAIT:
		vcpu_block(v, VCPU_BLOCKED); /* without a deadline: nobody is late */
		return EMUL_AGAIN;
	case BH_DOWN_FAULT:
		break;
	}
	return EMUL_FAULT;
}

/* EMUL-1 */
enum emul_result emul_access(struct vcpu *v, struct emul *e, struct access *a)
{
	const uint8_t *regs = blob_regs(blob, e->desc->reg);
	uint8_t how = regs[a->offset / 4];

	if (how & (a->write ? BH_REG_WRITE_NONE : BH_REG_READ_NONE))
		return EMUL_FAULT;
	if (a->write && (how & BH_REG_WRITE_IGNORE))
		return EMUL_DONE;
	/* Before the look at its state: an end that comes later changes it, and is attended to. */
	v->ask_life = load_acquire(&server(e)->life);
	if (unlikely(!partition_runs(server(e))))
		return down(v, e, a);
	if (a->write)
		return how & BH_REG_WRITE_POSTED ? post(v, e, a) : ask(v, e, a);
	if (!(how & BH_REG_READ_SHADOW))
		return ask(v, e, a);
	a->value = shadow(e, a);
	return EMUL_DONE;
}

/* Nobody will answer any more: as the description says. */
static void gone(struct vcpu *v, const struct emul *e)
{
	switch ((enum bh_down)e->desc->down) {
	case BH_DOWN_ZERO: arch_vcpu_finish(v, 0); break;
	case BH_DOWN_FAULT: arch_vcpu_abort(v); break;
	case BH_DOWN_WAIT: break; /* the access is made again, and waits where it must */
	}
	vcpu_wake(v);
}

/* Its server has let v wait too long: what is done about that is the server's policy; v goes on as if it were gone. */
static void silent(struct vcpu *v, struct emul *e)
{
	health_partition(server(e), BH_FAULT_SILENT, BH_EVENT_SILENT, v->part->number, arch_time() + ticks_of(server(e)->desc->answer_ns) - v->deadline);
	gone(v, e);
}

static bool is_late(const struct vcpu *v)
{
	return time_has_come(v->deadline);
}

static bool is_alive(const struct vcpu *v, const struct emul *e)
{
	return load_acquire(&server(e)->life) == v->ask_life;
}

/*
 * v is late and finds no room: has its server let it wait? Not where that took an entry before this core came to look, whoever of the
 * client's has filled the queue again; nor where the server has begun anew, or stands still for the monitor.
 */
static bool is_kept_waiting(const struct vcpu *v, const struct emul *e)
{
	bool taken = load_acquire(&control(e)->tail) - v->awaits_tail - 1 < BH_EMUL_RING;

	return !taken && !has_room(e, load_relaxed(&e->head)) && is_alive(v, e) && !inspect_is_paused(server(e));
}

static void attend_blocked(struct vcpu *v)
{
	struct emul *e = emul_at(v->awaits);

	if (is_late(v) && is_kept_waiting(v, e))
		silent(v, e);
	else
		vcpu_wake(v);
}

static void attend_ask(struct vcpu *v)
{
	uint64_t a = load_acquire(&v->ask);
	struct emul *e = emul_at(v->awaits);

	if (ASK_WHAT(a) == ASK_ASKING) {
		bool alive = is_alive(v, e);

		if (alive && is_late(v) && inspect_is_paused(server(e)))
			vcpu_until(v->core, v, answer_by(e)); /* its time stands still with it */
		if (alive && !is_late(v))
			return; /* still being worked on */
		/* The server that was asked is gone, or silent. If it has answered after all, that stands. */
		if (change_if(&v->ask, &a, ASK_NONE)) {
			if (alive)
				silent(v, e);
			else
				gone(v, e);
			return;
		}
	}
	store_relaxed(&v->ask, ASK_NONE);
	if (ASK_WHAT(a) == ASK_ABORT)
		arch_vcpu_abort(v);
	else
		arch_vcpu_finish(v, a >> 32);
	vcpu_wake(v);
}

void emul_attend(struct vcpu *v)
{
	if (v->state == VCPU_ASKING)
		attend_ask(v);
	else if (v->state == VCPU_BLOCKED)
		attend_blocked(v);
	if (v->state == VCPU_READY)
		v->deadline = BH_NEVER;
}

static void post_all(const struct partition *client)
{
	struct vcpu *v = partition_vcpu(client, 0);

	for (uint32_t left = client->desc->n_vcpus; left; left--, v++)
		vcpu_post(v, REQ_ROOM);
}

/* Tells the server; where there is no room it still sees `running` and `life`. */
static void tell(struct emul *e, enum bh_emul_kind kind)
{
	struct partition *client = partition_at(e->desc->client);

	store_relaxed(&queue(e)->life, load_relaxed(&client->life));
	store_relaxed(&queue(e)->running, kind == BH_EMUL_RESET);
	(void)push_locked(e, (struct bh_emul_entry){ .kind = (uint8_t)kind }, NULL);
}

/* However many regions a client has of it, each of its vCPUs is posted to once: this is one section. */
static void changed(struct partition *p, enum bh_emul_kind kind)
{
	uint32_t clients = 0;

	for (uint32_t i = 0; i < blob->n_emuls; i++) {
		struct emul *e = emul_at(i);

		if (e->desc->client == p->number)
			tell(e, kind);
		if (e->desc->server == p->number)
			clients |= BIT(e->desc->client);
	}
	for (; clients; clients &= clients - 1)
		post_all(partition_at(lowest_bit(clients)));
}

void emul_started(struct partition *p)
{
	changed(p, BH_EMUL_RESET);
}

void emul_ended(struct partition *p)
{
	changed(p, BH_EMUL_STOP);
}

static struct emul *served(struct partition *p, uint64_t cap)
{
	const struct bh_cap *c = cap_find(p, cap, BH_CAP_SERVE);

	return c ? emul_at(c->object) : NULL;
}

int64_t emul_answer(struct partition *p, const uint64_t *arg)
{
	struct emul *e = served(p, arg[0]);
	uint64_t index = arg[1], value = arg[2], abort = arg[3], asked;
	struct vcpu *v;

	if (!e)
		return BH_E_CAP;
	if (index >= partition_at(e->desc->client)->desc->n_vcpus || abort > 1)
		return BH_E_ARG;
	v = partition_vcpu(partition_at(e->desc->client), (uint32_t)index);
	asked = asking(e, (uint32_t)arg[4]);
	if (!change_if(&v->ask, &asked, (abort ? ASK_ABORT : ASK_VALUE) | (uint64_t)(number(e) + 1) << 8 | value << 32))
		return BH_E_STATE;
	vcpu_post(v, REQ_ANSWER);
	return BH_OK;
}

/* The client is disturbed only where it has wished for that, however often its server says so. */
int64_t emul_room(struct partition *p, uint64_t cap)
{
	struct emul *e = served(p, cap);

	if (!e)
		return BH_E_CAP;
	store_release(&queue(e)->waiting, 0);
	if (swap_all(&e->wishes, 0))
		post_all(partition_at(e->desc->client));
	return BH_OK;
}

int64_t emul_line(struct partition *p, uint64_t cap, uint64_t level)
{
	struct emul *e = served(p, cap);

	if (!e)
		return BH_E_CAP;
	if (e->desc->intid == BH_NONE || level > 1)
		return BH_E_ARG;
	if (!partition_runs(partition_at(e->desc->client)))
		return BH_E_PEER;
	arch_irq_line(partition_at(e->desc->client), e->desc->intid, level);
	return BH_OK;
}
