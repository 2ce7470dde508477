/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trace for Perfetto (ui.perfetto.dev), in its own protobuf format: a process for each partition with a thread for each vCPU, and for each core
 * the windows as planned, who ran, and how late windows began. Times are those of the machine's counter.
 *
 * Of a message only its fields' numbers are in the bytes: those below are from Perfetto's protos/perfetto/trace: trace.proto, trace_packet.proto,
 * track_event/{track_descriptor,process_descriptor,thread_descriptor,counter_descriptor,track_event,debug_annotation}.proto.
 */
#include <string.h>

#include "tools/analysis.h"
#include "tools/trace.h"
#include "tools/trace_words.h"

enum field {
	TRACE_PACKET = 1,

	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE_ID = 10,
	PACKET_TRACK_EVENT = 11,
	PACKET_SEQUENCE_FLAGS = 13,
	PACKET_TRACK_DESCRIPTOR = 60,

	TRACK_UUID = 1,
	TRACK_NAME = 2,
	TRACK_PROCESS = 3,
	TRACK_THREAD = 4,
	TRACK_PARENT_UUID = 5,
	TRACK_COUNTER = 8,

	PROCESS_PID = 1,
	PROCESS_NAME = 6,
	THREAD_PID = 1,
	THREAD_TID = 2,
	THREAD_NAME = 5,
	COUNTER_UNIT = 3,

	EVENT_DEBUG_ANNOTATIONS = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK_UUID = 11,
	EVENT_CATEGORIES = 22,
	EVENT_NAME = 23,
	EVENT_COUNTER_VALUE = 30,

	ANNOTATION_STRING_VALUE = 6,
	ANNOTATION_NAME = 10,
};

enum event_type {
	TYPE_SLICE_BEGIN = 1,
	TYPE_SLICE_END = 2,
	TYPE_INSTANT = 3,
	TYPE_COUNTER = 4,
};

#define UNIT_TIME_NS  1u
#define STATE_CLEARED 1u /* SEQ_INCREMENTAL_STATE_CLEARED: nothing before this packet is referred to */
#define OUR_SEQUENCE  1u

/* Numbers of tracks: any, as long as they differ. */
#define PARTITION_TRACK(n) (0x1000u + (n))
#define VCPU_TRACK(n)	   (0x2000u + (n))
#define CORES_TRACK	   0x3000u
#define PLANNED_TRACK(n)   (0x3100u + (n))
#define ACTUAL_TRACK(n)	   (0x3200u + (n))
#define LATE_TRACK(n)	   (0x3300u + (n))

/* --- protobuf's encoding (protobuf.dev/programming-guides/encoding) --- */

static void varint(struct bytes *b, uint64_t v)
{
	uint8_t byte;

	do {
		byte = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		bytes_add(b, &byte, 1);
		v >>= 7;
	} while (v);
}

static void put_number(struct bytes *b, enum field f, uint64_t v)
{
	varint(b, (uint64_t)f << 3);
	varint(b, v);
}

static void put_bytes(struct bytes *b, enum field f, const void *at, size_t n)
{
	varint(b, (uint64_t)f << 3 | 2);
	varint(b, n);
	bytes_add(b, at, n);
}

static void put_text(struct bytes *b, enum field f, const char *s)
{
	put_bytes(b, f, s, strlen(s));
}

static void put_message(struct bytes *b, enum field f, const struct bytes *m)
{
	put_bytes(b, f, m->at, m->n);
}

/* --- tracks --- */

struct tracks {
	const struct trace *t;
	struct bytes *out;
	bool begun;
};

static void packet(struct tracks *w, struct bytes *b)
{
	put_number(b, PACKET_SEQUENCE_ID, OUR_SEQUENCE);
	if (!w->begun)
		put_number(b, PACKET_SEQUENCE_FLAGS, STATE_CLEARED);
	w->begun = true;
	put_message(w->out, TRACE_PACKET, b);
}

/* @what: TRACK_PROCESS, TRACK_THREAD or TRACK_COUNTER with its message @m, or 0. */
static void track(struct tracks *w, uint32_t uuid, uint32_t parent, const char *name, enum field what, const struct bytes *m)
{
	struct bytes d = { 0 }, b = { 0 };

	put_number(&d, TRACK_UUID, uuid);
	if (parent)
		put_number(&d, TRACK_PARENT_UUID, parent);
	put_text(&d, TRACK_NAME, name);
	if (what)
		put_message(&d, what, m);
	put_message(&b, PACKET_TRACK_DESCRIPTOR, &d);
	packet(w, &b);
}

static uint32_t pid(const struct part *part)
{
	return part->number + 1; /* 0 is the idle process */
}

static void partition_tracks(struct tracks *w, const struct part *part)
{
	struct bytes process = { 0 };

	put_number(&process, PROCESS_PID, pid(part));
	put_text(&process, PROCESS_NAME, part->name);
	track(w, PARTITION_TRACK(part->number), 0, part->name, TRACK_PROCESS, &process);
	for (uint32_t i = 0; i < part->n_cores; i++) {
		uint32_t vcpu = part->first_vcpu + i;
		struct bytes thread = { 0 };

		put_number(&thread, THREAD_PID, pid(part));
		put_number(&thread, THREAD_TID, 1000 + vcpu);
		put_text(&thread, THREAD_NAME, text("vCPU %u", i));
		track(w, VCPU_TRACK(vcpu), PARTITION_TRACK(part->number), text("vCPU %u", i), TRACK_THREAD, &thread);
	}
}

static void core_tracks(struct tracks *w, uint32_t core)
{
	uint32_t board = w->t->p->core[core].board;
	struct bytes counter = { 0 };

	put_number(&counter, COUNTER_UNIT, UNIT_TIME_NS);
	track(w, PLANNED_TRACK(core), CORES_TRACK, text("core %u planned", board), 0, NULL);
	track(w, ACTUAL_TRACK(core), CORES_TRACK, text("core %u actual", board), 0, NULL);
	track(w, LATE_TRACK(core), CORES_TRACK, text("core %u windows late", board), TRACK_COUNTER, &counter);
}

/* --- events --- */

static void annotate(struct bytes *e, const char *name, const char *value)
{
	struct bytes a = { 0 };

	put_text(&a, ANNOTATION_NAME, name);
	put_text(&a, ANNOTATION_STRING_VALUE, value);
	put_message(e, EVENT_DEBUG_ANNOTATIONS, &a);
}

static void begin_event(struct bytes *e, enum event_type type, uint32_t uuid, const char *category, const char *name)
{
	*e = (struct bytes){ 0 };
	put_number(e, EVENT_TYPE, type);
	put_number(e, EVENT_TRACK_UUID, uuid);
	if (category)
		put_text(e, EVENT_CATEGORIES, category);
	if (name)
		put_text(e, EVENT_NAME, name);
}

static void end_event(struct tracks *w, const struct bytes *e, uint64_t ticks)
{
	struct bytes b = { 0 };

	put_number(&b, PACKET_TIMESTAMP, (uint64_t)((unsigned __int128)ticks * 1000000000 / w->t->frequency));
	put_message(&b, PACKET_TRACK_EVENT, e);
	packet(w, &b);
}

static void event(struct tracks *w, enum event_type type, uint32_t uuid, uint64_t ticks, const char *category, const char *name)
{
	struct bytes e;

	begin_event(&e, type, uuid, category, name);
	end_event(w, &e, ticks);
}

static void slice(struct tracks *w, uint32_t uuid, uint64_t from, uint64_t to, const char *category, const char *name)
{
	event(w, TYPE_SLICE_BEGIN, uuid, from, category, name);
	event(w, TYPE_SLICE_END, uuid, to, NULL, NULL);
}

static void window_events(struct tracks *w, uint32_t core, const struct trace_window *o)
{
	struct bytes e;

	begin_event(&e, TYPE_SLICE_BEGIN, PLANNED_TRACK(core), "window", o->plan->name);
	annotate(&e, "mode", trace_mode_name(w->t->p, o->mode));
	annotate(&e, "what became of it", trace_fate_name(o->fate));
	if (o->ran)
		annotate(&e, "first ran", trace_vcpu_name(w->t->p, o->vcpu));
	if (o->ran && o->promised_ns != NEVER)
		annotate(&e, "promised to be late by at most", time_up(o->promised_ns));
	end_event(w, &e, o->from);
	event(w, TYPE_SLICE_END, PLANNED_TRACK(core), o->to, NULL, NULL);
	if (o->fate == FATE_MISSED || o->fate == FATE_LATE)
		event(w, TYPE_INSTANT, ACTUAL_TRACK(core), o->fate == FATE_MISSED ? o->to : o->ran, "window",
		      text("window %s %s", o->plan->name, trace_fate_name(o->fate)));
	if (o->fate != FATE_RAN && o->fate != FATE_LATE)
		return;
	begin_event(&e, TYPE_COUNTER, LATE_TRACK(core), NULL, NULL);
	put_number(&e, EVENT_COUNTER_VALUE, (uint64_t)(trace_ns(w->t, o->ran) - trace_ns(w->t, o->from)));
	end_event(w, &e, o->ran);
}

static void run_events(struct tracks *w, uint32_t core, const struct trace_run *r)
{
	const char *why = trace_why_name(w->t->p, core, r->mode, r->why);

	if (r->vcpu == BH_NONE)
		return;
	slice(w, ACTUAL_TRACK(core), r->from, r->to, why, trace_vcpu_name(w->t->p, r->vcpu));
	slice(w, VCPU_TRACK(r->vcpu), r->from, r->to, why, text("on core %u by %s", w->t->p->core[core].board, why));
}

/* Of a vCPU, or else of its core. Switches and windows are slices. */
static void record_event(struct tracks *w, const struct trace_at *at)
{
	uint32_t vcpu = trace_vcpu(w->t, at->r);
	bool of_core = vcpu == BH_NONE || at->r->kind == BH_TRACE_IRQ;

	if (at->r->kind == BH_TRACE_SWITCH || at->r->kind == BH_TRACE_IDLE || at->r->kind == BH_TRACE_WINDOW)
		return;
	event(w, TYPE_INSTANT, of_core ? ACTUAL_TRACK(at->core) : VCPU_TRACK(vcpu), at->r->time, trace_kind_name(at->r->kind),
	      trace_words(w->t, at->core, at->mode, at->r));
}

void trace_perfetto(const struct trace *t, const struct trace_lane *lanes, const struct trace_span *s, struct bytes *out)
{
	struct tracks w = { .t = t, .out = out };
	struct trace_at *at;
	uint32_t n = trace_merge(t, s, &at);

	for (uint32_t i = 0; i < t->p->n_parts; i++)
		partition_tracks(&w, &t->p->part[i]);
	track(&w, CORES_TRACK, 0, "cores", 0, NULL);
	for (uint32_t c = 0; c < t->p->n_cores; c++) {
		core_tracks(&w, c);
		for (uint32_t i = 0; i < lanes[c].n_windows; i++)
			if (span_meets(s, lanes[c].window[i].from, lanes[c].window[i].to))
				window_events(&w, c, &lanes[c].window[i]);
		for (uint32_t i = 0; i < lanes[c].n_runs; i++)
			if (span_meets(s, lanes[c].run[i].from, lanes[c].run[i].to))
				run_events(&w, c, &lanes[c].run[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		record_event(&w, &at[i]);
}
