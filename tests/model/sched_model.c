/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/sched_model.h"

#include <string.h>

#include "abi/port.h"
#include "abi/status.h"
#include "lib/blob_at.h"

#define NOTICE 50000u /* an order is for the end of a frame at least so far away */

static const struct bh_core *core_of(const struct sched_model *m, uint32_t core)
{
	return blob_cores(m->blob) + core;
}

static const struct bh_plan *plan(const struct sched_model *m, uint32_t core)
{
	return blob_plan(m->blob, m->mode, core);
}

struct sched_model_vcpu *sched_model_at(struct sched_model *m, uint32_t core, uint32_t rank)
{
	return &m->vcpu[core_of(m, core)->vcpu[rank]];
}

static const struct sched_model_vcpu *at_rank(const struct sched_model *m, uint32_t core, uint32_t rank)
{
	return &m->vcpu[core_of(m, core)->vcpu[rank]];
}

static const struct bh_vcpu *desc(const struct sched_model *m, uint32_t core, uint32_t rank)
{
	return blob_vcpus(m->blob) + core_of(m, core)->vcpu[rank];
}

void sched_model_begin(struct sched_model *m, const struct bh_blob *b, uint64_t epoch)
{
	memset(m, 0, sizeof(*m));
	m->blob = b;
	m->now = m->epoch = m->mode_start = epoch;
	for (uint32_t i = 0; i < b->n_vcpus; i++) {
		m->vcpu[i].waits = true;
		m->vcpu[i].timer = BH_NEVER;
		m->vcpu[i].given = epoch;
		m->vcpu[i].left = (int64_t)blob_vcpus(b)[i].budget_ns;
	}
	for (uint32_t c = 0; c < b->n_cores; c++)
		m->runs[c] = BH_NONE;
}

/* --- words of ranks --- */

uint32_t sched_model_funded(const struct sched_model *m, uint32_t core)
{
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < core_of(m, core)->n_vcpus; r++)
		if ((plan(m, core)->budgets >> r & 1) && at_rank(m, core, r)->left > 0)
			ranks |= 1u << r;
	return ranks;
}

static uint64_t frame_length(const struct sched_model *m)
{
	return blob_modes(m->blob)[m->mode].frame_ns;
}

uint64_t sched_model_frame(const struct sched_model *m, uint32_t core)
{
	if (!plan(m, core)->n_windows)
		return m->mode_start;
	return m->now - (m->now - m->mode_start) % frame_length(m);
}

uint32_t sched_model_window(const struct sched_model *m, uint32_t core)
{
	const struct bh_plan *p = plan(m, core);
	const struct bh_window *w = blob_windows(m->blob) + p->first_window;
	uint64_t past = m->now - sched_model_frame(m, core);

	if (!p->n_windows)
		return p->always;
	for (uint32_t i = 0; i < p->n_windows; i++)
		if (w[i].start_ns <= past && past < w[i].end_ns)
			return w[i].ranks;
	return 0;
}

uint32_t sched_model_slack(const struct sched_model *m, uint32_t core)
{
	return plan(m, core)->slack;
}

uint32_t sched_model_ready(const struct sched_model *m, uint32_t core)
{
	uint32_t ranks = 0;

	for (uint32_t r = 0; r < core_of(m, core)->n_vcpus; r++)
		ranks |= (uint32_t)!at_rank(m, core, r)->waits << r;
	return ranks;
}

/* --- time --- */

/* Once an instant is over, the budget is whole again, but for what was overrun: one budget of that at most. */
static void renew(struct sched_model *m, uint32_t core, uint32_t rank)
{
	struct sched_model_vcpu *v = sched_model_at(m, core, rank);
	int64_t full = (int64_t)desc(m, core, rank)->budget_ns;
	uint64_t period = desc(m, core, rank)->period_ns;

	if (m->now - v->given < period)
		return;
	v->given += (m->now - v->given) / period * period;
	v->left = full + (v->left >= 0 ? 0 : v->left < -full ? -full
							     : v->left);
}

static void use(struct sched_model *m, uint32_t core, uint32_t rank, uint64_t from)
{
	struct sched_model_vcpu *v = sched_model_at(m, core, rank);
	int64_t full = (int64_t)desc(m, core, rank)->budget_ns;

	while (m->now >= v->given + desc(m, core, rank)->period_ns) {
		v->given += desc(m, core, rank)->period_ns;
		v->left -= (int64_t)(v->given - from);
		v->left = full + (v->left >= 0 ? 0 : v->left < -full ? -full
								     : v->left);
		from = v->given;
	}
	v->left -= (int64_t)(m->now - from);
}

static void core_time(struct sched_model *m, uint32_t core, uint64_t before)
{
	uint32_t runs = m->runs[core], funded = sched_model_funded(m, core);

	if (runs != BH_NONE && (funded >> runs & 1))
		use(m, core, runs, before);
}

void sched_model_time(struct sched_model *m, uint64_t now)
{
	uint64_t before = m->now;

	m->now = now;
	for (uint32_t c = 0; c < m->blob->n_cores; c++)
		core_time(m, c, before);
	if (m->ordered && now >= m->at) {
		m->mode = m->next_mode;
		m->mode_start = m->at;
		m->ordered = false;
	}
	for (uint32_t c = 0; c < m->blob->n_cores; c++)
		for (uint32_t r = 0; r < core_of(m, c)->n_vcpus; r++)
			if (plan(m, c)->budgets >> r & 1)
				renew(m, c, r);
}

int64_t sched_model_order(struct sched_model *m, uint32_t mode)
{
	uint64_t frame = frame_length(m);

	if (m->ordered)
		return BH_E_AGAIN;
	if (mode == m->mode)
		return BH_OK;
	m->ordered = true;
	m->next_mode = mode;
	m->at = m->mode_start;
	if (!frame || (blob_modes(m->blob)[mode].flags & BH_MODE_AT_ONCE))
		m->at = m->now;
	else
		while (m->at < m->now + NOTICE)
			m->at += frame;
	sched_model_time(m, m->now);
	return BH_OK;
}

/* --- who runs --- */

static uint32_t first_of(uint32_t ranks)
{
	for (uint32_t r = 0; r < 32; r++)
		if (ranks >> r & 1)
			return r;
	return BH_NONE;
}

static uint32_t choose(const struct sched_model *m, uint32_t core)
{
	uint32_t ready = sched_model_ready(m, core);

	if (ready & sched_model_funded(m, core))
		return first_of(ready & sched_model_funded(m, core));
	if (ready & sched_model_window(m, core))
		return first_of(ready & sched_model_window(m, core));
	return first_of(ready & sched_model_slack(m, core));
}

void sched_model_rest(struct sched_model *m)
{
	for (uint32_t i = 0; i < m->blob->n_vcpus; i++)
		if (m->vcpu[i].pending || m->vcpu[i].timer <= m->now)
			m->vcpu[i].waits = false;
	for (uint32_t c = 0; c < m->blob->n_cores; c++)
		m->runs[c] = choose(m, c);
}

/* --- when time matters --- */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t edge(const struct sched_model *m, uint32_t core)
{
	const struct bh_plan *p = plan(m, core);
	const struct bh_window *w = blob_windows(m->blob) + p->first_window;
	uint64_t frame = sched_model_frame(m, core), first = frame + frame_length(m);

	if (!p->n_windows)
		return BH_NEVER;
	for (uint32_t i = 0; i < p->n_windows; i++) {
		if (frame + w[i].start_ns > m->now)
			first = sooner(first, frame + w[i].start_ns);
		if (frame + w[i].end_ns > m->now)
			first = sooner(first, frame + w[i].end_ns);
	}
	return first;
}

/* Would it take the core from the one that runs? */
static bool preempts(const struct sched_model *m, uint32_t core, uint32_t rank)
{
	uint32_t classes[] = { sched_model_funded(m, core), sched_model_window(m, core), sched_model_slack(m, core) };

	for (uint32_t i = 0; i < 3; i++) {
		bool its = classes[i] >> rank & 1, runs = m->runs[core] != BH_NONE && (classes[i] >> m->runs[core] & 1);

		if (its)
			return !runs || rank < m->runs[core];
		if (runs)
			return false;
	}
	return false;
}

uint64_t sched_model_alarm(const struct sched_model *m, uint32_t core)
{
	uint64_t first = sooner(edge(m, core), m->ordered ? m->at : BH_NEVER);
	uint32_t funded = sched_model_funded(m, core);

	for (uint32_t r = 0; r < core_of(m, core)->n_vcpus; r++) {
		const struct sched_model_vcpu *v = at_rank(m, core, r);

		if (r == m->runs[core] && (funded >> r & 1))
			first = sooner(first, m->now + (uint64_t)v->left);
		if (plan(m, core)->budgets & ~funded & 1u << r)
			first = sooner(first, v->given + desc(m, core, r)->period_ns);
		if (v->waits && preempts(m, core, r))
			first = sooner(first, v->timer);
	}
	return first;
}
