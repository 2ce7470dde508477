/* SPDX-License-Identifier: Apache-2.0 */
/* What was planned for the time of a trace: the windows of the modes in force, frame by frame. */
#include "tools/trace_lanes.h"

#define WINDOWS_MOST 1000000u /* of a core; more, and the times in the file are not times */

/* An instant at which a frame began, or would have begun, in this mode. False: the trace does not say. */
static bool frame_of(const struct trace *t, uint32_t core, uint32_t segment, uint64_t *frame)
{
	const struct trace_core *c = &t->core[core];
	const struct trace_mode *s = &c->mode[segment];
	const struct mode *m = &t->p->mode[s->mode];
	uint32_t end = segment + 1 < c->n_modes ? s[1].record : c->n;

	*frame = s->start;
	if (s->start)
		return true;
	for (uint32_t i = s->record; i < end; i++) {
		const struct bh_trace_record *r = &c->record[i];

		if (r->kind != BH_TRACE_WINDOW || r->arg >= m->n_core_windows[core])
			continue;
		*frame = r->a - trace_ticks(t, m->window[m->first_window[core] + r->arg].start_ns);
		return true;
	}
	return false;
}

static void plan_add(const struct trace *t, struct trace_lane *l, uint32_t *room, struct trace_window w)
{
	if (l->n_windows == WINDOWS_MOST)
		fail("%s is damaged: its records are further apart than a run can be", t->file);
	if (l->n_windows == *room) {
		struct trace_window *more;

		*room = *room ? *room * 2 : 256;
		more = take(*room * sizeof(*more));
		for (uint32_t i = 0; i < l->n_windows; i++)
			more[i] = l->window[i];
		l->window = more;
	}
	l->window[l->n_windows++] = w;
}

/* The mode's windows that begin before @to, and end after @from. The mode ends at @cut. */
static void plan_frames(const struct trace *t, uint32_t core, const struct trace_mode *s, uint64_t frame, uint64_t from, uint64_t to, uint64_t cut,
			struct trace_lane *l, uint32_t *room)
{
	const struct mode *m = &t->p->mode[s->mode];
	uint64_t length = trace_ticks(t, m->frame_ns);

	if (length == 0)
		fail("%s is damaged: a frame of mode %s is no tick of its counter", t->file, m->name);
	frame = from >= frame ? from - (from - frame) % length : from - length + (frame - from) % length;
	for (; (int64_t)(to - frame) > 0; frame += length)
		for (uint32_t i = 0; i < m->n_core_windows[core]; i++) {
			const struct plan_window *w = &m->window[m->first_window[core] + i];
			uint64_t start = frame + trace_ticks(t, w->start_ns), end = frame + trace_ticks(t, w->end_ns);

			if ((int64_t)(to - start) > 0 && (int64_t)(end - from) > 0)
				plan_add(t, l, room, (struct trace_window){ .from = start, .to = min_u64(end, cut), .plan = w, .mode = s->mode, .unjudged = s->at_once && start == s->start });
		}
}

void trace_plan(const struct trace *t, uint32_t core, struct trace_lane *l)
{
	const struct trace_core *c = &t->core[core];
	uint32_t room = 0;
	uint64_t frame;

	for (uint32_t i = 0; i < c->n_modes && c->n; i++) {
		const struct trace_mode *s = &c->mode[i];
		bool last = i + 1 == c->n_modes;
		uint64_t from = s->start ? s->start : c->record[0].time;
		uint64_t to = last ? t->end + 1 : s[1].start;

		if (s->mode == BH_TRACE_NO_MODE || t->p->mode[s->mode].n_core_windows[core] == 0 || (int64_t)(to - from) <= 0)
			continue;
		if (frame_of(t, core, i, &frame))
			plan_frames(t, core, s, frame, from, to, last ? UINT64_MAX : to, l, &room);
	}
}
