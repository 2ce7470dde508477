/* SPDX-License-Identifier: Apache-2.0 */
/* Sections: vCPUs and who runs; events; the five kinds of calls; lives; control. See port_model.h. */
#include "tests/model/port_model.h"

#include <string.h>

struct model model;

static int32_t here; /* the core that does something, or -1 */

/* --- who runs --- */

static struct model_vcpu *vcpu_of(uint32_t partition, uint32_t index)
{
	for (uint32_t i = 0; i < model.n_vcpus; i++)
		if (model.vcpu[i].partition == partition && model.vcpu[i].index == index)
			return &model.vcpu[i];
	return NULL;
}

/* The most urgent of the core that is less urgent than priority. */
static struct model_vcpu *next_below(uint32_t core, uint32_t priority)
{
	struct model_vcpu *best = NULL;

	for (uint32_t i = 0; i < model.n_vcpus; i++) {
		struct model_vcpu *v = &model.vcpu[i];

		if (v->core == core && v->priority < priority && (!best || v->priority > best->priority))
			best = v;
	}
	return best;
}

#define EACH_BY_PRIORITY(v, core) \
	for (struct model_vcpu *v = next_below(core, ~0u); v; v = next_below(core, v->priority))

/* Who runs in v's place while it calls: the server's vCPU on its core, if there is one. */
static struct model_vcpu *helper(const struct model_vcpu *v)
{
	uint32_t server;

	if (v->state != MODEL_CALLS)
		return NULL;
	server = model.port[v->port].is->receiver;
	for (uint32_t i = 0; i < model.system->partition[server].n_vcpus; i++)
		if (vcpu_of(server, i)->core == v->core)
			return vcpu_of(server, i);
	return NULL;
}

static struct model_vcpu *last_helper(struct model_vcpu *v)
{
	while (helper(v))
		v = helper(v);
	return v;
}

/* In whose place somebody runs on that core: the most urgent that can, itself or by its server. */
static struct model_vcpu *place(uint32_t core)
{
	EACH_BY_PRIORITY(v, core)
	if (last_helper(v)->state == MODEL_READY)
		return v;
	return NULL;
}

struct model_vcpu *model_runs(uint32_t core)
{
	struct model_vcpu *v = place(core);

	return v ? last_helper(v) : NULL;
}

/* v is at least as urgent as the one that runs, or stands in the chain of one that is. */
static bool is_urgent(const struct model_vcpu *v)
{
	const struct model_vcpu *runs = place(v->core);

	if (!runs || v->priority >= runs->priority)
		return true;
	EACH_BY_PRIORITY(at, v->core)
	for (struct model_vcpu *h = helper(at); at->priority >= runs->priority && h; h = helper(h))
		if (h == v)
			return true;
	return false;
}

/* --- posts: what others want of a vCPU waits until its core looks --- */

static void posted(struct model_vcpu *v, bool at_once)
{
	if ((int32_t)v->core != here && (at_once || is_urgent(v)))
		model.kicked[v->core] = true;
}

static void post_look(struct model_vcpu *v)
{
	v->look = true;
	posted(v, false);
}

static struct model_partition *part(const struct model_vcpu *v)
{
	return &model.partition[v->partition];
}

static bool interrupt_pends(const struct model_vcpu *v)
{
	return v->private_interrupt || (v->index == 0 && (part(v)->interrupts[0] | part(v)->interrupts[1]));
}

static void interrupt(uint32_t partition, uint32_t number)
{
	model.partition[partition].interrupts[number / 64] |= 1ull << number % 64;
	post_look(vcpu_of(partition, 0));
}

static void event(uint32_t partition, uint32_t number, bool has_interrupt, uint32_t intid)
{
	model.partition[partition].events |= 1ull << number;
	for (uint32_t i = 0; i < model.system->partition[partition].n_vcpus; i++) {
		struct model_vcpu *v = vcpu_of(partition, i);

		if (v->state == MODEL_LISTENS && v->mask >> number & 1)
			post_look(v);
	}
	if (has_interrupt)
		interrupt(partition, intid);
}

static void tell_sender(const struct model_port *p)
{
	event(p->is->sender, p->send_number, !p->is->no_irq, 2 * (uint32_t)(p - model.port));
}

static void tell_receiver(const struct model_port *p)
{
	event(p->is->receiver, p->receive_number, !p->is->no_irq, 2 * (uint32_t)(p - model.port) + 1);
}

static bool runs(uint32_t partition)
{
	return model.partition[partition].life == MODEL_PART_RUNS;
}

/* --- answers --- */

static void answer(struct model_vcpu *v, int64_t status)
{
	v->answer = (struct model_answer){ .status = status };
	v->answered = true;
	v->state = MODEL_READY;
	v->deadline = BH_NEVER;
	v->port = -1;
	v->mask = 0;
}

static void answer_words(struct model_vcpu *v, uint32_t n, uint64_t x1, uint64_t x2, uint64_t x3)
{
	answer(v, BH_OK);
	v->answer.n = n;
	v->answer.x[0] = x1;
	v->answer.x[1] = x2;
	v->answer.x[2] = x3;
}

static void answer_message(struct model_vcpu *v, const struct model_port *p, const struct model_message *m, uint64_t flags)
{
	answer(v, BH_OK);
	v->answer.has_message = true;
	v->answer.port = (uint32_t)(p - model.port);
	v->answer.message = *m;
	v->answer.flags = flags;
}

static void message(struct model_message *m, const uint64_t *arg, const uint64_t *buffer, uint32_t most)
{
	*m = (struct model_message){ .bytes = (uint32_t)arg[1], .time = model.now };
	memcpy(m->data, most <= BH_SHORT_BYTES ? &arg[2] : buffer, m->bytes);
}

static bool size_ok(uint64_t bytes, uint32_t most)
{
	return bytes >= 1 && bytes <= most;
}

/* --- ports by number --- */

static struct model_port *port_at(uint32_t partition, uint64_t number, bool *is_sender)
{
	for (uint32_t i = 0; i < model.system->n_ports; i++) {
		struct model_port *p = &model.port[i];

		*is_sender = p->is->sender == partition && p->send_number == number;
		if (*is_sender || (p->is->receiver == partition && p->receive_number == number))
			return p;
	}
	return NULL;
}

/* --- signal, sampling, queuing --- */

static void signal_send(struct model_vcpu *v, struct model_port *p)
{
	if (!runs(p->is->receiver)) {
		answer(v, BH_E_PEER);
		return;
	}
	tell_receiver(p);
	answer(v, BH_OK);
}

static void sampling_write(struct model_vcpu *v, struct model_port *p, const uint64_t *arg, const uint64_t *buffer)
{
	message(&p->queue[0], arg, buffer, p->is->bytes);
	p->waiting = 1;
	p->fresh = true;
	tell_receiver(p);
	answer(v, BH_OK);
}

static void sampling_read(struct model_vcpu *v, struct model_port *p)
{
	if (!p->waiting) {
		answer(v, runs(p->is->sender) ? BH_E_AGAIN : BH_E_PEER);
		return;
	}
	answer_message(v, p, &p->queue[0], p->fresh ? BH_GOT_NEW : 0);
	p->fresh = false;
}

static void queue_send(struct model_vcpu *v, struct model_port *p, const uint64_t *arg, const uint64_t *buffer)
{
	if (!runs(p->is->receiver)) {
		answer(v, BH_E_PEER);
	} else if (p->waiting < p->is->depth) {
		message(&p->queue[p->waiting++], arg, buffer, p->is->bytes);
		tell_receiver(p);
		answer(v, BH_OK);
	} else if (p->is->flags & BH_PORT_DROP) {
		p->dropped++;
		answer(v, BH_OK);
	} else {
		p->room_wanted = true;
		answer(v, BH_E_AGAIN);
	}
}

static void queue_receive(struct model_vcpu *v, struct model_port *p)
{
	if (!p->waiting) {
		answer(v, runs(p->is->sender) ? BH_E_AGAIN : BH_E_PEER);
		return;
	}
	answer_message(v, p, &p->queue[0], p->dropped != p->told ? BH_GOT_LOST : 0);
	p->told = p->dropped;
	p->waiting--;
	memmove(&p->queue[0], &p->queue[1], p->waiting * sizeof(p->queue[0]));
	if (p->room_wanted)
		tell_sender(p);
	p->room_wanted = false;
}

/* --- calls --- */

static void call_is_over(struct model_port *p)
{
	p->asked = p->taken = false;
	p->end = MODEL_OPEN;
	p->caller = -1;
}

static void call_begins(struct model_vcpu *v, struct model_port *p, const uint64_t *arg, const uint64_t *buffer)
{
	if (!size_ok(arg[1], p->is->bytes) || arg[6] == BH_NEVER) {
		answer(v, BH_E_ARG);
	} else if (arg[6] <= model.now) {
		answer(v, BH_E_TIMEOUT);
	} else if (p->asked) {
		answer(v, BH_E_AGAIN);
	} else if (!runs(p->is->receiver)) {
		answer(v, BH_E_PEER);
	} else {
		message(&p->request, arg, buffer, p->is->bytes);
		p->asked = true;
		p->caller = (int32_t)(v - model.vcpu);
		v->state = MODEL_CALLS;
		v->deadline = arg[6];
		v->port = (int32_t)(p - model.port);
		tell_receiver(p);
	}
}

/* The caller stops to wait: the request goes with it, unless a server has it. */
static void caller_goes(struct model_port *p)
{
	if (p->taken && p->end == MODEL_OPEN)
		p->caller = -1;
	else
		call_is_over(p);
}

static void caller_looks(struct model_vcpu *v)
{
	struct model_port *p = &model.port[v->port];

	if (p->end == MODEL_REPLIED) {
		answer_message(v, p, &p->reply, 0);
		v->answer.is_reply = true;
	} else if (p->end == MODEL_SERVER_ENDED || (!p->taken && !runs(p->is->receiver))) {
		answer(v, BH_E_PEER);
	} else if (v->deadline <= model.now) {
		answer(v, BH_E_TIMEOUT);
	} else {
		return;
	}
	caller_goes(p);
}

static bool request_waits(const struct model_port *p)
{
	return p->asked && !p->taken && p->end == MODEL_OPEN;
}

static void request_taken(struct model_vcpu *v, struct model_port *p)
{
	p->taken = true;
	answer_message(v, p, &p->request, 0);
}

static void request_receive(struct model_vcpu *v, struct model_port *p)
{
	if (request_waits(p))
		request_taken(v, p);
	else
		answer(v, runs(p->is->sender) ? BH_E_AGAIN : BH_E_PEER);
}

static int64_t reply(struct model_port *p, const uint64_t *arg, const uint64_t *buffer)
{
	if (!size_ok(arg[1], p->is->reply_bytes))
		return BH_E_ARG;
	if (!p->taken || p->end != MODEL_OPEN)
		return BH_E_STATE;
	if (p->caller < 0) {
		call_is_over(p);
		tell_sender(p);
		return runs(p->is->sender) ? BH_E_TIMEOUT : BH_E_PEER;
	}
	message(&p->reply, arg, buffer, p->is->reply_bytes);
	p->end = MODEL_REPLIED;
	post_look(&model.vcpu[p->caller]);
	return BH_OK;
}

/* --- waiting --- */

/* One look; answers it if there is a reason to. */
static void waiter_looks(struct model_vcpu *v)
{
	uint64_t come = part(v)->events & v->mask;

	part(v)->events &= ~come;
	if (come && v->port < 0)
		answer_words(v, 1, come, 0, 0);
	else if (come && request_waits(&model.port[v->port]))
		request_taken(v, &model.port[v->port]);
	else if (v->deadline <= model.now && v->deadline != BH_NEVER)
		answer(v, BH_E_TIMEOUT);
	else if (interrupt_pends(v))
		answer(v, BH_E_AGAIN);
}

static void wait_begins(struct model_vcpu *v, uint64_t mask, uint64_t deadline, int32_t port)
{
	v->state = MODEL_LISTENS;
	v->mask = mask;
	v->deadline = deadline;
	v->port = port;
	waiter_looks(v);
}

static void serve(struct model_vcpu *v, struct model_port *p, const uint64_t *arg, const uint64_t *buffer)
{
	if (arg[1] && reply(p, arg, buffer) == BH_E_ARG)
		answer(v, BH_E_ARG);
	else if (request_waits(p))
		request_taken(v, p);
	else
		wait_begins(v, 1ull << arg[0], arg[6], (int32_t)(p - model.port));
}

static void port_state(struct model_vcpu *v, struct model_port *p, bool is_sender)
{
	uint32_t peer = is_sender ? p->is->receiver : p->is->sender;
	uint64_t waits = p->is->kind == BH_PORT_CALL ? p->asked && p->end == MODEL_OPEN : p->waiting;

	answer_words(v, 3, waits, (uint64_t)model.partition[peer].ended << 1 | runs(peer), p->dropped);
}

/* --- lives --- */

static void tell_peers(uint32_t partition)
{
	for (uint32_t number = 0; number < model.partition[partition].n_ports; number++) {
		bool is_sender;
		struct model_port *p = port_at(partition, number, &is_sender);

		if (is_sender)
			tell_receiver(p);
		else
			tell_sender(p);
	}
}

static void begin(uint32_t partition)
{
	struct model_partition *p = &model.partition[partition];

	p->life = MODEL_PART_LOADING;
	p->left = model.system->partition[partition].n_vcpus;
	memset(p->interrupts, 0, sizeof(p->interrupts));
	vcpu_of(partition, 0)->pending_on = true;
	vcpu_of(partition, 0)->start = true;
	posted(vcpu_of(partition, 0), false);
}

bool model_start(uint32_t partition)
{
	here = -1;
	if (model.partition[partition].life != MODEL_PART_OFF)
		return false;
	begin(partition);
	return true;
}

static bool stop(uint32_t partition, bool again)
{
	struct model_partition *p = &model.partition[partition];

	if (p->life != MODEL_PART_LOADING && p->life != MODEL_PART_RUNS)
		return false;
	p->life = MODEL_PART_STOPS;
	p->again = again && (model.system->partition[partition].flags & BH_PART_RESTART);
	for (uint32_t i = 0; i < model.system->partition[partition].n_vcpus; i++) {
		vcpu_of(partition, i)->stop = true;
		posted(vcpu_of(partition, i), true);
	}
	return true;
}

bool model_stop(uint32_t partition, bool again)
{
	here = -1;
	return stop(partition, again);
}

static void receiver_ended(struct model_port *p)
{
	if (p->is->kind == BH_PORT_QUEUING && !(p->is->flags & BH_PORT_KEEP))
		p->waiting = 0;
	if (p->is->kind != BH_PORT_CALL || !p->asked || p->end != MODEL_OPEN)
		return;
	if (p->caller < 0) {
		call_is_over(p);
	} else {
		p->end = MODEL_SERVER_ENDED;
		post_look(&model.vcpu[p->caller]);
	}
}

static void partition_ended(uint32_t partition)
{
	struct model_partition *p = &model.partition[partition];

	p->ended++;
	p->events = 0;
	for (uint32_t i = 0; i < model.system->n_ports; i++)
		if (model.port[i].is->receiver == partition)
			receiver_ended(&model.port[i]);
	tell_peers(partition);
	p->life = MODEL_PART_OFF;
	if (p->again)
		begin(partition);
}

static void halt(struct model_vcpu *v)
{
	if (v->state == MODEL_CALLS)
		caller_goes(&model.port[v->port]);
	v->state = MODEL_OFF;
	v->deadline = BH_NEVER;
	v->port = -1;
	v->mask = 0;
	v->answered = false;
	v->pending_on = v->private_interrupt = false;
}

static void starts(struct model_vcpu *v)
{
	if (!v->pending_on)
		return;
	v->pending_on = false;
	if (part(v)->life != MODEL_PART_LOADING && part(v)->life != MODEL_PART_RUNS)
		return;
	v->state = MODEL_READY;
	v->private_interrupt = false;
}

static void attend(struct model_vcpu *v)
{
	bool stops = v->stop, begins = v->start;

	v->stop = v->start = v->look = false;
	if (stops) {
		halt(v);
		if (--part(v)->left == 0)
			partition_ended(v->partition);
		return;
	}
	if (begins)
		starts(v);
	if (v->state == MODEL_LISTENS)
		waiter_looks(v);
	else if (v->state == MODEL_CALLS)
		caller_looks(v);
	else if (v->state == MODEL_WFI && interrupt_pends(v))
		v->state = MODEL_READY;
}

/* Whoever runs, a stop makes the core look at all. */
static bool stops_somebody(uint32_t core)
{
	EACH_BY_PRIORITY(v, core)
	if (v->stop)
		return true;
	return false;
}

/* Those that would run at once, as things stand when it looks; then those posted meanwhile. The others wait. */
void model_core_exits(uint32_t core, bool alarm)
{
	bool wanted[BH_MAX_VCPUS], any;

	here = (int32_t)core;
	model.kicked[core] = false;
	EACH_BY_PRIORITY(v, core)
	v->look |= alarm && v->deadline <= model.now;
	do {
		bool all = stops_somebody(core);

		any = false;
		EACH_BY_PRIORITY(v, core)
		any |= wanted[v - model.vcpu] = v->stop || ((v->start || v->look) && (all || is_urgent(v)));
		EACH_BY_PRIORITY(v, core)
		if (wanted[v - model.vcpu])
			attend(v);
		if (any || model_alarm(core) > model.now)
			continue;
		EACH_BY_PRIORITY(v, core) /* the alarm is taken before a guest goes on */
		any |= v->look |= v->deadline <= model.now;
	} while (any);
	here = -1;
}

uint64_t model_alarm(uint32_t core)
{
	uint64_t first = BH_NEVER;

	EACH_BY_PRIORITY(v, core)
	if (v->deadline < first && is_urgent(v))
		first = v->deadline;
	return first;
}

void model_interrupt(struct model_vcpu *v)
{
	here = -1;
	v->private_interrupt = true;
	post_look(v);
}

/* --- what a guest does --- */

void model_loaded(struct model_vcpu *v)
{
	here = (int32_t)v->core;
	if (part(v)->life != MODEL_PART_LOADING)
		return;
	part(v)->life = MODEL_PART_RUNS;
	tell_peers(v->partition);
	for (uint32_t i = 1; i < model.system->partition[v->partition].n_vcpus; i++)
		post_look(vcpu_of(v->partition, i)); /* to get ready to be switched on */
	v->private_interrupt = false;		     /* it is reset once more */
}

void model_wfi(struct model_vcpu *v)
{
	if (!interrupt_pends(v))
		v->state = MODEL_WFI;
}

void model_takes(struct model_vcpu *v)
{
	v->private_interrupt = false;
	if (v->index == 0)
		memset(part(v)->interrupts, 0, sizeof(part(v)->interrupts));
}

int64_t model_cpu_on(struct model_vcpu *v, uint32_t index)
{
	struct model_vcpu *to = vcpu_of(v->partition, index);

	here = (int32_t)v->core;
	if (!to)
		return -2;
	if (to->pending_on)
		return -5;
	if (to->state != MODEL_OFF)
		return -4;
	to->pending_on = to->start = true;
	posted(to, false);
	return 0;
}

void model_cpu_off(struct model_vcpu *v)
{
	here = (int32_t)v->core;
	halt(v);
	for (uint32_t i = 0; i < model.system->partition[v->partition].n_vcpus; i++)
		if (vcpu_of(v->partition, i)->state != MODEL_OFF || vcpu_of(v->partition, i)->pending_on)
			return;
	stop(v->partition, false);
}

void model_system_off(struct model_vcpu *v, bool again)
{
	here = (int32_t)v->core;
	stop(v->partition, again);
}

/* --- control --- */

static bool is_stopped(const struct model_partition *p)
{
	return p->life == MODEL_PART_OFF || (p->life == MODEL_PART_STOPS && !p->again);
}

static bool order(uint32_t whom, enum bh_control what)
{
	const struct model_partition *p = &model.partition[whom];
	bool has_store = model.system->partition[whom].flags & BH_PART_RESTART;

	switch (what) {
	case BH_CONTROL_STATE: return true;
	case BH_CONTROL_START:
		if (p->life != MODEL_PART_OFF || (!has_store && p->ended))
			return false;
		begin(whom);
		return true;
	case BH_CONTROL_STOP: return stop(whom, false) || is_stopped(p);
	case BH_CONTROL_RESTART: return has_store && stop(whom, true);
	case BH_CONTROL_FEED: /* nobody has a watchdog */
	case BH_CONTROL_PAUSE:
	case BH_CONTROL_RESUME:
	case BH_CONTROL_RELEASE: break;
	}
	return false;
}

static void control(struct model_vcpu *v, const struct host_control *c, uint64_t what)
{
	static const uint32_t needs[] = { 0,
					  BH_CONTROL_MAY_START,
					  BH_CONTROL_MAY_STOP,
					  BH_CONTROL_MAY_START | BH_CONTROL_MAY_STOP,
					  BH_CONTROL_MAY_STOP,
					  BH_CONTROL_MAY_INSPECT,
					  BH_CONTROL_MAY_INSPECT,
					  BH_CONTROL_MAY_INSPECT };
	bool done;

	if (what > BH_CONTROL_RELEASE) {
		answer(v, BH_E_ARG);
	} else if (needs[what] & ~c->rights) {
		answer(v, BH_E_RIGHT);
	} else {
		done = order(c->object, (enum bh_control)what);
		answer_words(v, 2, model.partition[c->object].life, model.partition[c->object].ended, 0);
		v->answer.status = done ? BH_OK : BH_E_STATE;
	}
}

/* Controls come behind a partition's ports, in the order of the description. */
static const struct host_control *control_at(uint32_t partition, uint64_t number)
{
	uint64_t n = model.partition[partition].n_ports;

	for (uint32_t i = 0; i < model.system->n_controls; i++)
		if (model.system->control[i].holder == partition && n++ == number)
			return &model.system->control[i];
	return NULL;
}

/* --- the calls: whose end, which kind, what size; then what they do --- */

static bool fits(uint32_t function, enum bh_port_kind kind)
{
	switch (function) {
	case BH_CALL_SIGNAL: return kind == BH_PORT_SIGNAL;
	case BH_CALL_SEND: return kind == BH_PORT_SAMPLING || kind == BH_PORT_QUEUING;
	case BH_CALL_RECEIVE: return kind != BH_PORT_SIGNAL;
	case BH_CALL_PORT_STATE: return true;
	default: return kind == BH_PORT_CALL;
	}
}

static bool right_end(uint32_t function, bool is_sender)
{
	switch (function) {
	case BH_CALL_SIGNAL:
	case BH_CALL_SEND:
	case BH_CALL_CALL: return is_sender;
	case BH_CALL_PORT_STATE: return true;
	default: return !is_sender;
	}
}

static void receive(struct model_vcpu *v, struct model_port *p)
{
	if (p->is->kind == BH_PORT_SAMPLING)
		sampling_read(v, p);
	else if (p->is->kind == BH_PORT_QUEUING)
		queue_receive(v, p);
	else
		request_receive(v, p);
}

static void send(struct model_vcpu *v, struct model_port *p, const uint64_t *arg, const uint64_t *buffer)
{
	if (!size_ok(arg[1], p->is->bytes))
		answer(v, BH_E_ARG);
	else if (p->is->kind == BH_PORT_SAMPLING)
		sampling_write(v, p, arg, buffer);
	else
		queue_send(v, p, arg, buffer);
}

static void on_port(struct model_vcpu *v, struct model_port *p, bool is_sender, uint32_t function, const uint64_t *arg, const uint64_t *buffer)
{
	switch (function) {
	case BH_CALL_SIGNAL: signal_send(v, p); break;
	case BH_CALL_SEND: send(v, p, arg, buffer); break;
	case BH_CALL_RECEIVE: receive(v, p); break;
	case BH_CALL_CALL: call_begins(v, p, arg, buffer); break;
	case BH_CALL_REPLY: answer(v, reply(p, arg, buffer)); break;
	case BH_CALL_SERVE: serve(v, p, arg, buffer); break;
	case BH_CALL_PORT_STATE: port_state(v, p, is_sender); break;
	}
}

static void wait(struct model_vcpu *v, uint64_t mask, uint64_t deadline)
{
	if (mask & ~((1ull << part(v)->n_ports) - 1))
		answer(v, BH_E_CAP);
	else
		wait_begins(v, mask, deadline, -1);
}

void model_call(struct model_vcpu *v, uint32_t function, const uint64_t *arg, const uint64_t *buffer)
{
	bool is_sender;
	struct model_port *p = port_at(v->partition, arg[0], &is_sender);

	here = (int32_t)v->core;
	if (function == BH_CALL_WAIT)
		wait(v, arg[0], arg[1]);
	else if (function == BH_CALL_CONTROL && control_at(v->partition, arg[0]))
		control(v, control_at(v->partition, arg[0]), arg[1]);
	else if (function == BH_CALL_CONTROL || !p)
		answer(v, BH_E_CAP);
	else if (!right_end(function, is_sender))
		answer(v, BH_E_RIGHT);
	else if (!fits(function, p->is->kind))
		answer(v, BH_E_CAP);
	else
		on_port(v, p, is_sender, function, arg, buffer);
}

/* --- before all --- */

static void number_ports(const struct host_system *s)
{
	for (uint32_t i = 0; i < s->n_ports; i++) {
		model.port[i] = (struct model_port){ .is = &s->port[i], .caller = -1 };
		model.port[i].send_number = model.partition[s->port[i].sender].n_ports++;
		model.port[i].receive_number = model.partition[s->port[i].receiver].n_ports++;
	}
}

void model_power_on(const struct host_system *s)
{
	memset(&model, 0, sizeof(model));
	model.system = s;
	for (uint32_t p = 0; p < s->n_partitions; p++)
		for (uint32_t i = 0; i < s->partition[p].n_vcpus; i++)
			model.vcpu[model.n_vcpus++] = (struct model_vcpu){ .partition = p, .index = i, .core = s->partition[p].vcpu[i].core, .priority = s->partition[p].vcpu[i].priority, .deadline = BH_NEVER, .port = -1 };
	number_ports(s);
}
