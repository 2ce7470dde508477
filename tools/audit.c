/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead audit IMAGE SYSTEM`: is what is in this image what this description says, and nothing
 * else? Exit status 0: proven; 1: there are findings; 2: usage, or something cannot be read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/blob_check.h"
#include "lib/digest.h"
#include "tools/audit.h"

#define IMAGE_MAX (1ull << 32)

int audit_main(int argc, char **argv);

static void read_image(struct audit *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	long bytes;
	void *p;

	if (!f || fseek(f, 0, SEEK_END) != 0 || (bytes = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0)
		unreadable("%s: cannot be read", path);
	if ((uint64_t)bytes < sizeof(*a->h) || (uint64_t)bytes > IMAGE_MAX)
		unreadable("%s: is no image", path);
	p = must_alloc(NULL, (size_t)bytes);
	if (fread(p, 1, (size_t)bytes, f) != (size_t)bytes)
		unreadable("%s: cannot be read", path);
	fclose(f);
	a->file = p;
	a->file_bytes = (uint64_t)bytes;
	a->h = p;
}

/* Nothing below looks into an image that this does not pass. */
static bool image_whole(struct audit *a)
{
	const struct bh_image_header *h = a->h;
	const char *wrong = image_check(h, h->load_pa);
	uint64_t mark;

	if (!wrong && h->file_bytes != a->file_bytes)
		wrong = "image is damaged: the file has another size than its header says";
	if (!wrong) {
		memcpy(&mark, a->file + h->file_bytes - 8, 8);
		if (mark != BH_END_MARK)
			wrong = "image is damaged: its end is missing";
	}
	if (!wrong && digest(a->file + 72, h->covered_bytes - 72) != h->digest)
		wrong = "image is damaged: its digest differs";
	if (!wrong) {
		a->b = (const void *)(a->file + (h->blob_pa - h->load_pa));
		wrong = blob_check(a->b, h->blob_bytes);
	}
	if (!wrong)
		wrong = image_blob_check(h, a->b);
	if (wrong)
		finding(a, "%s", wrong);
	return wrong == NULL;
}

static uint32_t walk_all(struct audit *a, struct audit_walked *w)
{
	const struct bh_partition *part = blob_partitions(a->b);
	uint32_t n = 0;

	w[n++] = (struct audit_walked){ .owner = AUDIT_KERNEL, .root = ROOT_EL2, .pa = a->h->el2_root_pa };
	w[n++] = (struct audit_walked){ .owner = AUDIT_KERNEL, .root = ROOT_EMPTY, .pa = a->b->empty_root };
	for (uint32_t p = 0; p < a->b->n_partitions; p++)
		w[n++] = (struct audit_walked){ .owner = p, .root = ROOT_OWN, .pa = part[p].root };
	for (uint32_t i = 0; i < n; i++)
		walk(a, &w[i]);
	return n + inspects_walk(a, w + n);
}

static void print_piece(const struct audit *a, const struct audit_want *w)
{
	const char *who = owner_name(a, w->owner);

	printf("  shared   %s: PA %#" PRIx64 ", %" PRIu64 " page(s): ", what_name(w->what), w->pa, w->bytes / BH_PAGE);
	if (w->what == WHAT_SHARED || w->what == WHAT_CARRIED)
		printf("%s %s (%s)", who, w->rights & BH_WRITE ? "writes and reads" : "reads",
		       a->d.channel[w->what == WHAT_SHARED ? w->object : a->carries[w->object]].name);
	else if (w->rights & BH_WRITE)
		printf("kernel only zeroes and reads, %s writes", who);
	else
		printf("kernel writes, %s reads", who);
	if (w->what == WHAT_QUEUE || w->what == WHAT_SERVER)
		printf(" (for %s)", owner_name(a, blob_emuls(a->b)[w->object].client));
	printf("\n");
}

static void print_shared(const struct audit *a)
{
	for (uint32_t i = 0; i < a->wants.n; i++) {
		const struct audit_want *w = &a->wants.w[i];

		if (w->owner != AUDIT_KERNEL && w->what >= WHAT_QUEUE && w->what <= WHAT_CARRIED)
			print_piece(a, w);
	}
}

static void print_ports(const struct audit *a)
{
	static const char *const kinds[] = { "?", "signal", "sampling", "queuing", "call" };

	for (uint32_t i = 0; i < a->b->n_ports; i++) {
		const struct bh_port *p = &blob_ports(a->b)[i];

		printf("  port     %s: %s, %s to %s", blob_name(a->b, p->name), kinds[p->kind], owner_name(a, p->sender),
		       owner_name(a, p->receiver));
		if (p->bytes)
			printf(", %u bytes", p->bytes);
		if (p->reply_bytes)
			printf(", replies of %u", p->reply_bytes);
		if (p->depth)
			printf(", %u deep", p->depth);
		printf("\n");
	}
}

static void print_modes(const struct audit *a)
{
	for (uint32_t m = 0; m < a->b->n_modes; m++) {
		uint32_t windows = 0, budgets = 0;

		for (uint32_t c = 0; c < a->b->n_cores; c++) {
			windows += blob_plan(a->b, m, c)->n_windows;
			budgets += (uint32_t)__builtin_popcount(blob_plan(a->b, m, c)->budgets);
		}
		printf("  mode     %s: a frame of %" PRIu64 " us, %u windows, %u reservations in force\n", blob_name(a->b, blob_modes(a->b)[m].name),
		       blob_modes(a->b)[m].frame_ns / 1000, windows, budgets);
	}
}

static void print_health(const struct audit *a)
{
	uint32_t watchdogs = 0, limits = 0, dumps = 0;

	for (uint32_t p = 0; p < a->b->n_partitions; p++) {
		watchdogs += blob_partitions(a->b)[p].watchdog_ns != 0;
		limits += blob_partitions(a->b)[p].limit_n != 0;
		dumps += (blob_partitions(a->b)[p].flags & BH_PART_DUMP) != 0;
	}
	printf("  health   %u policies as declared, %u limit(s) of restarts, %u watchdog(s), %u dump(s)", a->b->n_partitions, limits, watchdogs, dumps);
	if (a->b->monitor != BH_NONE)
		printf("; %s is the monitor", owner_name(a, a->b->monitor));
	printf("\n");
}

static void print_summary(const struct audit *a, const struct audit_walked *w, uint32_t n, struct audit_flows flows)
{
	printf("audit: %s for %s: nothing is mapped, shared or routed but what is declared\n", a->d.system, a->d.board);
	for (uint32_t i = 0; i < n; i++)
		printf("  walked   %s, %s%s: %" PRIu64 " pages in %u ranges\n", owner_name(a, w[i].owner), root_name(w[i].root),
		       w[i].root == ROOT_INSPECT ? owner_name(a, w[i].object) : "", w[i].found.pages, w[i].found.n);
	print_shared(a);
	print_ports(a);
	print_modes(a);
	print_health(a);
	printf("  flows    %u between partitions and devices; %u rule(s) of the policy hold\n", flows.flows, flows.rules);
	printf("  tables   %" PRIu64 " KiB, mapped nowhere\n", a->table_bytes / 1024);
	printf("  routes   %u device interrupts, %u ports, %u capabilities, %u SMC functions\n", a->b->n_irqs, a->b->n_ports,
	       a->b->n_caps, a->b->n_smcs);
}

static void audit_image(struct audit *a)
{
	uint32_t room = 2 * BH_MAX_PARTITIONS + 2 + BH_MAX_CAPS, n;
	struct audit_flows flows;
	struct audit_walked *w = must_alloc(NULL, room * sizeof(*w));

	n = walk_all(a, w);
	want_partitions(a);
	want_inspected(a);
	want_kernel(a, &w[0].found);
	for (uint32_t i = 0; i < n; i++)
		space_check(a, &w[i]);
	places_check(a);
	shared_audit(a);
	ports_audit(a);
	walk_tables_alone(a);
	blob_audit(a);
	time_audit(a);
	health_audit(a);
	layout_audit(a);
	info_audit(a);
	kernel_audit(a);
	flows = policy_audit(a, w, n);
	if (a->findings == 0)
		print_summary(a, w, n, flows);
	for (uint32_t i = 0; i < n; i++)
		free(w[i].found.r);
	free(w);
}

int audit_main(int argc, char **argv)
{
	static struct audit a;

	if (argc != 3) {
		fprintf(stderr, "usage: bulkhead audit IMAGE SYSTEM\n");
		return 2;
	}
	read_image(&a, argv[1]);
	desc_read(&a.d, argv[2]);
	if (image_whole(&a)) {
		size_t bytes = (a.h->covered_bytes / BH_ROOT_ALIGN + 1) * sizeof(*a.table_owner);

		a.table_owner = must_alloc(NULL, bytes);
		memset(a.table_owner, 0, bytes);
		if (names_join(&a))
			audit_image(&a);
	}
	if (a.findings)
		fprintf(stderr, "audit: %s: %u finding(s)\n", argv[1], a.findings);
	return a.findings ? 1 : 0;
}
