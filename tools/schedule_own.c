/* SPDX-License-Identifier: Apache-2.0 */
/* What a partition says of its own time: its reservation (`budget-us`, `period-us`), and its `tasks`, for the analysis. */
#include <libfdt.h>

#include "tools/errors.h"
#include "tools/schedule.h"
#include "tools/source.h"
#include "tools/value.h"

static bool has(const struct plan *p, int node, const char *prop)
{
	return fdt_getprop(p->fdt, node, prop, NULL) != NULL;
}

static void read_reservation(struct plan *p, struct part *part)
{
	bool budget = has(p, part->node, "budget-us"), period = has(p, part->node, "period-us");

	if (budget != period)
		blame(p, part->path, budget ? "period-us" : "budget-us", "is missing; a reservation is a budget in every period");
	part->budget_ns = value_us(p, part->node, "budget-us");
	part->period_ns = value_us(p, part->node, "period-us");
	if (part->budget_ns && part->budget_ns < BH_BUDGET_MIN_NS)
		blame(p, part->path, "budget-us", "%llu is too short; %llu at least", part->budget_ns / PLAN_NS_PER_US,
		      BH_BUDGET_MIN_NS / PLAN_NS_PER_US);
	if (part->period_ns && part->budget_ns > part->period_ns)
		blame(p, part->path, "budget-us", "%s is more than its period of %s by %s", schedule_ms(part->budget_ns),
		      schedule_ms(part->period_ns), schedule_ms(part->budget_ns - part->period_ns));
	if (!part->budget_ns || part->budget_ns > part->period_ns)
		part->budget_ns = part->period_ns = 0;
}

/* --- tasks --- */

static uint32_t task_vcpu(struct plan *p, const struct part *part, const struct task *t)
{
	uint64_t vcpu = 0;

	if (!has(p, t->node, "vcpu") || !value_number(p, t->node, "vcpu", &vcpu))
		return 0;
	if (vcpu >= part->n_cores && part->n_cores)
		blame(p, t->path, "vcpu", "%llu is none of its vCPUs, 0 to %u", (unsigned long long)vcpu, part->n_cores - 1);
	return vcpu < part->n_cores ? (uint32_t)vcpu : 0;
}

/* Longer than its limit by how much; false where either is missing. */
static bool check_longer(struct plan *p, const struct task *t, const char *prop, uint64_t ns, const char *limit, uint64_t limit_ns)
{
	if (!ns || !limit_ns || ns <= limit_ns)
		return false;
	blame(p, t->path, prop, "%s is more than its %s of %s by %s", schedule_ms(ns), limit, schedule_ms(limit_ns),
	      schedule_ms(ns - limit_ns));
	return true;
}

static void read_task(struct plan *p, struct part *part, int node)
{
	static const char *const known[] = { "period-us", "cost-us", "deadline-us", "vcpu", "phandle" };
	struct task *t = &part->task[part->n_tasks++];

	*t = (struct task){ .node = node, .name = fdt_get_name(p->fdt, node, NULL), .path = node_path(p, node) };
	node_known(p, node, known, sizeof(known) / sizeof(known[0]));
	value_leaf(p, node);
	t->vcpu = task_vcpu(p, part, t);
	t->period_ns = value_us(p, node, "period-us");
	t->cost_ns = value_us(p, node, "cost-us");
	t->deadline_ns = has(p, node, "deadline-us") ? value_us(p, node, "deadline-us") : t->period_ns;
	if (!has(p, node, "period-us"))
		blame(p, t->path, "period-us", "is missing; the least time between two releases of this task");
	if (!has(p, node, "cost-us"))
		blame(p, t->path, "cost-us", "is missing; how long it takes at most, alone on its core");
	if (!check_longer(p, t, "deadline-us", t->deadline_ns, "period", t->period_ns))
		check_longer(p, t, "cost-us", t->cost_ns, "deadline", t->deadline_ns);
}

static void read_tasks(struct plan *p, struct part *part)
{
	static const char *const known[] = { "phandle" };
	int all = fdt_subnode_offset(p->fdt, part->node, "tasks"), node;
	uint32_t n = 0;

	if (all < 0)
		return;
	node_known(p, all, known, 1);
	fdt_for_each_subnode(node, p->fdt, all)
	{
		if (n++ < PLAN_TASKS)
			read_task(p, part, node);
	}
	if (n == 0)
		blame(p, node_path(p, all), NULL, "has no task; add one (a child node), or remove it");
	if (n > PLAN_TASKS)
		blame(p, node_path(p, all), NULL, "has %u tasks, %u too many; a partition can have %u", n, n - PLAN_TASKS, PLAN_TASKS);
}

void schedule_own(struct plan *p)
{
	for (uint32_t i = 0; i < p->n_parts; i++) {
		read_reservation(p, &p->part[i]);
		read_tasks(p, &p->part[i]);
	}
}
