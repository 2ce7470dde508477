/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel itself may reach: its own image with write or execute but never both, its state,
 * stacks with a hole below each, the pages it shares with servers, and the few device pages that it
 * drives. No partition's memory is among it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "tools/audit.h"

#define GIC_FRAME 0x10000u

static uint64_t pages(uint64_t bytes)
{
	return (bytes + BH_PAGE - 1) & ~(BH_PAGE - 1ull);
}

static void want(struct audit *a, enum audit_what what, uint32_t rights, uint64_t va, uint64_t pa, uint64_t bytes)
{
	if (bytes == 0)
		return;
	want_add(a, (struct audit_want){ .what = what, .owner = AUDIT_KERNEL, .root = ROOT_EL2, .rights = rights, .at = va, .pa = pa, .bytes = bytes, .device = what == WHAT_GIC || what == WHAT_UART });
}

static void want_image(struct audit *a)
{
	const struct bh_image_header *h = a->h;
	uint64_t rodata = BH_KERNEL_VA + h->text_bytes;

	want(a, WHAT_TEXT, BH_READ | BH_EXECUTE, BH_KERNEL_VA, h->load_pa, h->text_bytes);
	want(a, WHAT_RODATA, BH_READ, rodata, h->load_pa + h->text_bytes, h->rodata_bytes);
	want(a, WHAT_BSS, BH_READ | BH_WRITE, rodata + h->rodata_bytes + h->check_bytes, h->bss_pa, h->bss_bytes);
	want(a, WHAT_BLOB, BH_READ, h->blob_va, h->blob_pa, pages(h->blob_bytes));
	want(a, WHAT_STATE, BH_READ | BH_WRITE, h->state_va, h->state_pa, h->state_bytes);
}

/* State arrays stand one behind the other: no byte of the state memory is anything else's. */
static void check_state(struct audit *a)
{
	const struct bh_image_header *h = a->h;
	const struct bh_blob *b = a->b;
	uint64_t partitions = h->state_va + (uint64_t)b->n_cores * h->core_bytes;
	uint64_t vcpus = partitions + (uint64_t)b->n_partitions * h->partition_bytes;
	uint64_t emuls = vcpus + (uint64_t)b->n_vcpus * h->vcpu_bytes, ports = emuls + (uint64_t)b->n_emuls * h->emul_bytes;
	uint64_t end = ports + (uint64_t)b->n_ports * h->port_bytes;

	if (b->core_state_va != h->state_va || b->partition_state_va != partitions || b->vcpu_state_va != vcpus ||
	    b->emul_state_va != emuls || b->port_state_va != ports || h->state_bytes != pages(end - h->state_va))
		finding(a, "kernel: state arrays at VA %#" PRIx64 " do not follow one another, or do not fill the state memory",
			h->state_va);
}

static void want_share(struct audit *a, enum audit_what what, uint32_t object, uint32_t rights, uint64_t va, uint64_t bytes)
{
	want(a, what, rights, va, va - a->h->share_va + a->h->share_pa, bytes);
	a->wants.w[a->wants.n - 1].object = object;
}

/* The kernel only reads out windows, but zeroes them at boot with the rest of the shared memory. */
static uint64_t want_windows(struct audit *a, uint32_t n)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct audit_want w = a->wants.w[i];

		if (w.what != WHAT_IN && w.what != WHAT_OUT)
			continue;
		want_share(a, w.what, w.object, BH_READ | BH_WRITE, w.pa - a->h->share_pa + a->h->share_va, w.bytes);
		bytes += w.bytes;
	}
	return bytes;
}

/* The shared memory is queues, server pages, ports' windows, the log and the trace rings, and has no byte beside these. */
static void want_shares(struct audit *a)
{
	uint64_t trace = a->b->n_cores * a->b->trace_bytes, bytes = bh_log_bytes(a->b->n_partitions) + trace + want_windows(a, a->wants.n);

	want_share(a, WHAT_LOG, 0, BH_READ | BH_WRITE, a->b->log_va, bh_log_bytes(a->b->n_partitions));
	want_share(a, WHAT_TRACE, 0, BH_READ | BH_WRITE, a->b->trace_va, trace);
	for (uint32_t i = 0; i < a->b->n_emuls; i++) {
		const struct bh_emul *e = &blob_emuls(a->b)[i];

		want_share(a, WHAT_QUEUE, i, BH_READ | BH_WRITE, e->queue_va, BH_PAGE);
		want_share(a, WHAT_SERVER, i, BH_READ | BH_WRITE, e->server_va, BH_PAGE + e->bytes); /* likewise only reads */
		bytes += 2 * BH_PAGE + e->bytes;
	}
	if (bytes != a->h->share_bytes)
		finding(a, "kernel: shared memory has %#" PRIx64 " bytes, of which %#" PRIx64 " are declared", a->h->share_bytes,
			bytes);
}

/* A stack's physical place stands in no table but the one that maps it: wherever that is must be
 * behind the file, in one piece, and nobody else's (places_check). */
static void want_stack(struct audit *a, uint32_t core, const struct audit_ranges *found)
{
	uint64_t top = blob_cores(a->b)[core].stack_va, low = top - a->h->stack_bytes;

	for (uint32_t i = 0; i < found->n; i++) {
		const struct audit_range *r = &found->r[i];

		if (low >= r->at && low - r->at < r->bytes) {
			want(a, WHAT_STACK, BH_READ | BH_WRITE, low, r->pa + (low - r->at), a->h->stack_bytes);
			return;
		}
	}
	finding(a, "kernel: stack of core %" PRIu32 " at VA %#" PRIx64 " is not mapped", core, low);
}

static void want_devices(struct audit *a)
{
	const struct bh_blob *b = a->b;

	want(a, WHAT_GIC, BH_READ | BH_WRITE, b->gicd_va, a->d.gicd.base, GIC_FRAME);
	for (uint32_t i = 0; i < b->n_cores; i++) {
		uint64_t va = blob_cores(b)[i].gicr_va, pa = a->d.gicr.base + a->core_of[i] * 2ull * GIC_FRAME;

		if (pa + 2 * GIC_FRAME > a->d.gicr.base + a->d.gicr.bytes)
			finding(a, "kernel: the board has no redistributor for core %" PRIu32, i);
		want(a, WHAT_GIC, BH_READ | BH_WRITE, va, pa, BH_PAGE);
		want(a, WHAT_GIC, BH_READ | BH_WRITE, va + GIC_FRAME, pa + GIC_FRAME, BH_PAGE);
	}
	if (a->h->uart_kind != BH_UART_NONE)
		want(a, WHAT_UART, BH_READ | BH_WRITE, a->h->uart_va & ~(BH_PAGE - 1ull), a->d.uart.span[0].base & ~(BH_PAGE - 1ull),
		     BH_PAGE);
}

/* Of each dedicated core the page that is its root, and the first page of the root that is copied there; of no other. */
static void want_doors(struct audit *a)
{
	const struct bh_blob *b = a->b;

	for (uint32_t i = 0; i < b->n_cores; i++)
		if (blob_cores(b)[i].door_va)
			want(a, WHAT_DOOR, BH_READ | BH_WRITE, blob_cores(b)[i].door_va, blob_cores(b)[i].door_pa, BH_PAGE);
	for (uint32_t p = 0; p < b->n_partitions; p++) {
		const struct bh_partition *part = &blob_partitions(b)[p];

		if (part->root_va)
			want(a, WHAT_ROOT, BH_READ, part->root_va, part->root, BH_PAGE);
	}
}

static int by_va(const void *x, const void *y)
{
	const struct audit_want *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

static bool is_share(enum audit_what what)
{
	return what == WHAT_QUEUE || what == WHAT_SERVER || what == WHAT_LOG || what == WHAT_TRACE || what == WHAT_IN || what == WHAT_OUT;
}

/* Between different things lies at least one unmapped page; text, read-only data and bss are one
 * thing, as the linker made them, and so is the shared memory. Below a stack there is always one. */
static bool needs_guard(const struct audit_want *low, const struct audit_want *high)
{
	if (high->what == WHAT_STACK)
		return true;
	if (low->what == WHAT_TEXT && high->what == WHAT_RODATA)
		return false;
	if ((low->what == WHAT_RODATA || low->what == WHAT_TEXT) && high->what == WHAT_BSS)
		return false;
	return !(is_share(low->what) && is_share(high->what));
}

static void check_guards(struct audit *a, const struct audit_want *w, uint32_t n)
{
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint64_t end = w[i].at + w[i].bytes;

		if (end > w[i + 1].at)
			finding(a, "kernel: %s and %s overlap at VA %#" PRIx64, what_name(w[i].what), what_name(w[i + 1].what),
				w[i + 1].at);
		else if (end == w[i + 1].at && needs_guard(&w[i], &w[i + 1]))
			finding(a, "kernel: no guard page between %s and %s at VA %#" PRIx64, what_name(w[i].what),
				what_name(w[i + 1].what), end);
	}
}

/* The pieces after the image's first: sorted by address, and all in the kernel's own space. */
static void check_layout(struct audit *a, uint32_t first)
{
	uint32_t n = a->wants.n - first;
	struct audit_want *w = must_alloc(NULL, n * sizeof(*w));

	for (uint32_t i = 0; i < n; i++)
		w[i] = a->wants.w[first + i];
	qsort(w, n, sizeof(*w), by_va);
	check_guards(a, w, n);
	for (uint32_t i = 0; i < n; i++)
		if ((w[i].rights & BH_WRITE) && (w[i].rights & BH_EXECUTE))
			finding(a, "kernel: %s is writable and executable", what_name(w[i].what));
	free(w);
}

void want_kernel(struct audit *a, const struct audit_ranges *found)
{
	uint32_t first = a->wants.n;

	want_image(a);
	check_state(a);
	want_shares(a);
	for (uint32_t i = 0; i < a->b->n_cores; i++)
		want_stack(a, i, found);
	want_devices(a);
	want_doors(a);
	check_layout(a, first);
}
