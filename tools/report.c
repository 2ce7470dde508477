/* SPDX-License-Identifier: Apache-2.0 */
/* What was placed where, for people: physical addresses, and each partition's own (IPA). */
#include "tools/analysis.h"
#include "tools/plan.h"
#include "tools/policy.h"
#include "tools/report_channels.h"
#include "tools/report_health.h"
#include "tools/report_schedule.h"

#include <string.h>

static const char *size_text(uint64_t bytes)
{
	if (bytes >= MIB && bytes % MIB == 0)
		return text("%llu MiB", (unsigned long long)(bytes / MIB));
	if (bytes >= 16 * MIB)
		return text("%.1f MiB", (double)bytes / (double)MIB);
	return text("%llu KiB", (unsigned long long)((bytes + KIB - 1) / KIB));
}

static void line(struct bytes *b, uint64_t pa, uint64_t bytes, const char *what)
{
	bytes_print(b, "  %#12llx - %#12llx  %10s  %s\n", (unsigned long long)pa, (unsigned long long)(pa + bytes - 1),
		    size_text(bytes), what);
}

static void image_lines(const struct plan *p, struct bytes *b)
{
	const struct bh_image_header *h = &p->header;
	uint64_t load = p->board.load;

	bytes_print(b, "\nImage: %llu bytes in the file, %s in memory (physical addresses)\n",
		    (unsigned long long)p->file_bytes, size_text(p->image_bytes));
	line(b, load, h->text_bytes, "kernel text");
	line(b, load + h->text_bytes, h->rodata_bytes, "kernel read-only data");
	line(b, load + h->text_bytes + h->rodata_bytes, h->check_bytes, "boot checks; then of the kernel's writable memory what finds room");
	line(b, p->blob_pa, align_up(p->blob.n, BH_PAGE), text("blob (%zu bytes)", p->blob.n));
	line(b, p->tables_pa, p->tables.n, text("translation tables (%zu)", p->tables.n / BH_PAGE));
	line(b, p->stub_pa, p->stub.n, "boot stub");
	line(b, p->slots_pa[0], PLAN_VIRTIO_BYTES, "empty virtio-mmio slots");
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		line(b, part->params_pa, align_up(part->payload.params.n, BH_PAGE), text("%s: boot parameters", part->name));
		line(b, part->info_pa, align_up(part->payload.info.n, BH_PAGE), text("%s: information page", part->name));
		if (part->restart && part->payload.store.n)
			line(b, part->store_pa, align_up(part->payload.store.n, BH_PAGE), text("%s: pristine store", part->name));
	}
	if (p->shared_bytes)
		line(b, p->shared_pa, p->shared_bytes, "memory that partitions share");
	line(b, p->bss_pa, h->bss_bytes, "kernel bss");
	line(b, p->state_pa, p->state_bytes, "kernel state");
	line(b, p->share_pa, p->share_bytes, "log, trace rings, queues, server pages, ports' windows");
	for (uint32_t i = 0; i < p->n_cores; i++)
		line(b, p->core[i].stack_pa, h->stack_bytes, text("stack of core %u", p->core[i].board));
}

static void kernel_lines(const struct plan *p, struct bytes *b)
{
	bytes_print(b, "\nThe kernel's own addresses (EL2)\n");
	line(b, BH_KERNEL_VA, p->kernel.n + p->header.bss_bytes, "text, read-only data, bss");
	line(b, p->blob_va, align_up(p->blob.n, BH_PAGE), "blob");
	line(b, p->state_va, p->state_bytes, "state");
	line(b, p->share_va, p->share_bytes, "log, trace rings, queues, server pages, ports' windows");
	for (uint32_t i = 0; i < p->n_cores; i++)
		line(b, p->core[i].stack_va - p->header.stack_bytes, p->header.stack_bytes,
		     text("stack of core %u", p->core[i].board));
	line(b, p->gicd_va, 0x10000, "interrupt distributor");
	for (uint32_t i = 0; i < p->n_cores; i++)
		line(b, p->core[i].gicr_va, PLAN_GICR_BYTES, text("redistributor of core %u (two pages)", p->core[i].board));
	if (p->uart_va)
		line(b, p->uart_va / BH_PAGE * BH_PAGE, BH_PAGE, "UART");
}

static const char *kind_text(const struct region *r)
{
	switch (r->kind) {
	case BH_REGION_RAM: return "memory";
	case BH_REGION_DEVICE: return "device";
	case BH_REGION_EMULATED: return "emulated";
	case BH_REGION_CONST: return "constant";
	case BH_REGION_WINDOW: return "window";
	case BH_REGION_SHARED: return r->uncached ? "shared, uncached" : "shared";
	}
	return "?";
}

static void region_line(struct bytes *b, const struct region *r)
{
	const char *pa = r->kind == BH_REGION_EMULATED ? "-" : text("%#llx", (unsigned long long)r->pa);

	bytes_print(b, "    %#12llx - %#12llx  %10s  %c%c%c  PA %-12s %s (%s)\n", (unsigned long long)r->ipa,
		    (unsigned long long)(r->ipa + r->bytes - 1), size_text(r->bytes), r->rights & BH_READ ? 'r' : '-',
		    r->rights & BH_WRITE ? 'w' : '-', r->rights & BH_EXECUTE ? 'x' : '-', pa, r->name, kind_text(r));
}

static void part_cores(const struct plan *p, const struct part *part, struct bytes *b)
{
	static const char *const fp[] = { "eager", "lazy", "none" };

	bytes_print(b, "  vCPUs:     ");
	for (uint32_t i = 0; i < part->n_cores; i++)
		bytes_print(b, "%s%u on core %u", i ? ", " : "", i, part->core[i]);
	bytes_print(b, "; priority %u, fp %s, set-way %s, restart %s\n", part->priority, fp[part->fp],
		    part->setway ? "native" : "fault", part->restart ? "always" : "never");
	if (part->dedicated)
		bytes_print(b, "  cores:     dedicated: interrupts and timers go to it without the kernel%s\n",
			    part->native_wfi ? "; its WFI is the processor's: it is trusted to be woken" : "");
	else if (part->native_wfi)
		bytes_print(b, "  cores:     its WFI is the processor's: its sleep counts as its time\n");
	if (part->console >= 0)
		bytes_print(b, "  console:   %s\n", p->part[part->console].name);
	if (part->bridge >= 0)
		bytes_print(b, "  bridge:    %s\n", p->part[part->bridge].name);
	report_controls(p, part, b);
	report_part_time(p, part, b);
	report_health(p, part, b);
	for (uint32_t i = 0; i < part->n_devices; i++)
		if (part->device[i]->trusted)
			bytes_print(b, "  DMA:       %s can read and write all memory; this partition is trusted with it\n", part->device[i]->name);
}

static void part_interrupts(const struct plan *p, const struct part *part, struct bytes *b)
{
	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t l = 0; l < part->device[i]->n_lines; l++)
			bytes_print(b, "  interrupt: %u, %s of %s\n", part->device[i]->line[l].intid,
				    part->device[i]->line[l].level ? "level" : "edge", part->device[i]->name);
	for (uint32_t i = 0; i < p->n_emuls; i++) {
		const struct emulated *e = &p->emul[i];
		const char *of = e->channel ? text("PL011 of %s", e->channel->name) : e->watchdog ? "watchdog"
												  : "PL011";

		if (e->client == part->number)
			bytes_print(b, "  interrupt: %u, level, of its %s\n", e->intid, of);
		if (e->server == part->number)
			bytes_print(b, "  interrupt: %u, doorbell of %s; capability %u serves its %s\n", e->doorbell,
				    p->part[e->client].name, e->cap, of);
	}
	if (p->log_reader == (int)part->number)
		bytes_print(b, "  interrupt: %u, doorbell of the health log\n", part->log_intid);
	if (part->monitor)
		bytes_print(b, "  interrupt: %u, doorbell of the monitor\n", part->monitor_intid);
	for (uint32_t i = 0; i < part->n_smcs; i++)
		bytes_print(b, "  SMC:       %#x is passed to firmware\n", part->smc[i]);
}

static void part_lines(const struct plan *p, const struct part *part, struct bytes *b)
{
	const struct payload *pay = &part->payload;

	bytes_print(b, "\nPartition %u, %s\n", part->number, part->name);
	bytes_print(b, "  payload:   %s (%s), entry %#llx, x0 = %#llx\n", part->image, pay->format,
		    (unsigned long long)pay->entry, (unsigned long long)pay->arg);
	part_cores(p, part, b);
	bytes_print(b, "  root:      %#llx; VMID %u\n", (unsigned long long)part->root, part->number + 1);
	part_interrupts(p, part, b);
	for (uint32_t i = 0; i < part->n_devices; i++)
		for (uint32_t k = 0; k < part->device[i]->n_quiets; k++)
			bytes_print(b, "  quietened: %s, %#x to %#llx, at every start\n", part->device[i]->name,
				    part->device[i]->quiet[k].value, (unsigned long long)part->device[i]->quiet[k].address);
	bytes_print(b, "  In its RAM when it starts (IPA); the rest is cleared, but not at a warm start\n");
	for (uint32_t i = 0; i < pay->n_segments; i++)
		bytes_print(b, "    %#12llx - %#12llx  %10s  %s%s\n", (unsigned long long)pay->segment[i].ipa,
			    (unsigned long long)(pay->segment[i].ipa + pay->segment[i].memory_bytes - 1),
			    size_text(pay->segment[i].memory_bytes), pay->segment[i].what,
			    pay->segment[i].stays ? ", as it was at a warm start" : pay->segment[i].bytes < pay->segment[i].memory_bytes ? text(" (%llu bytes of the file)", (unsigned long long)pay->segment[i].bytes)
																	 : "");
	bytes_print(b, "  Its address space (IPA)\n");
	for (uint32_t i = 0; i < part->n_regions; i++)
		region_line(b, &part->region[i]);
}

const char *report(const struct plan *p)
{
	struct bytes b = { 0 };

	bytes_print(&b, "System %s on %s: %u partitions, %u vCPUs on %u cores\n", p->system_name, p->board.name, p->n_parts,
		    p->n_vcpus, p->n_cores);
	bytes_print(&b, "Memory: %s", size_text(p->memory_bytes));
	bytes_print(&b, ", of which the image takes %s and %s are free\n", size_text(p->image_bytes), size_text(p->free_bytes));
	image_lines(p, &b);
	bytes_print(&b, "\nRAM of partitions (physical addresses)\n");
	for (uint32_t i = 0; i < p->n_parts; i++)
		line(&b, p->part[i].ram_pa, p->part[i].ram_bytes, p->part[i].name);
	kernel_lines(p, &b);
	report_channels(p, &b);
	report_policy(p, &b);
	report_schedule(p, &b);
	bytes_print(&b, "%s", analysis_text(p));
	for (uint32_t i = 0; i < p->n_parts; i++)
		part_lines(p, &p->part[i], &b);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

static const char *cores_text(const struct part *part)
{
	struct bytes b = { 0 };

	for (uint32_t i = 0; i < part->n_cores; i++)
		bytes_print(&b, "%s%u", i ? "," : "", part->core[i]);
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}

const char *report_short(const struct plan *p)
{
	struct bytes b = { 0 };

	bytes_print(&b, "%s on %s\n", p->system_name, p->board.name);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		const struct part *part = &p->part[i];

		bytes_print(&b, "  %-16s core %-8s %10s at %#llx  %s (%s)\n", part->name, cores_text(part),
			    size_text(part->ram_bytes), (unsigned long long)part->ram_pa, part->image, part->payload.format);
	}
	bytes_print(&b, "  %-16s %24s at %#llx; free: %s of %s\n", "image", size_text(p->image_bytes),
		    (unsigned long long)p->board.load, size_text(p->free_bytes), size_text(p->memory_bytes));
	bytes_add(&b, "", 1);
	return (const char *)b.at;
}
