/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree of a guest: QEMU's `virt` machine as far as this partition has it, with the
 * devices it owns, whatever the board is.
 */
#include <libfdt.h>
#include <string.h>

#include "abi/gwdt.h"
#include "tools/payload.h"
#include "tools/source.h"

#define GIC_PHANDLE   1u
#define CLOCK_PHANDLE 2u

#define PL011_PERIPHID 0x00141011u /* as QEMU's */

static void check(int status)
{
	if (status < 0)
		fail("cannot write a guest's device tree: %s", fdt_strerror(status));
}

static void prop(void *t, const char *name, const void *value, size_t n)
{
	check(fdt_property(t, name, value, (int)n));
}

static void prop_string(void *t, const char *name, const char *s)
{
	prop(t, name, s, strlen(s) + 1);
}

static void prop_cells(void *t, const char *name, const uint32_t *cells, uint32_t n)
{
	fdt32_t value[16];

	for (uint32_t i = 0; i < n && i < 16; i++)
		value[i] = cpu_to_fdt32(cells[i]);
	prop(t, name, value, n * 4);
}

#define CELLS(t, name, ...)                              \
	do {                                             \
		const uint32_t c_[] = { __VA_ARGS__ };   \
		prop_cells(t, name, c_, sizeof(c_) / 4); \
	} while (0)

static uint32_t high(uint64_t v)
{
	return (uint32_t)(v >> 32);
}

static void begin(void *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	check(fdt_begin_node(t, vtext(format, args)));
	va_end(args);
}

static void end(void *t)
{
	check(fdt_end_node(t));
}

static void write_chosen(void *t, const struct part *part, const char *stdout_path)
{
	const struct payload *pay = &part->payload;
	uint64_t last = pay->initrd + pay->initrd_bytes;

	begin(t, "chosen");
	if (part->bootargs)
		prop_string(t, "bootargs", part->bootargs);
	if (stdout_path)
		prop_string(t, "stdout-path", stdout_path);
	if (pay->initrd) {
		CELLS(t, "linux,initrd-start", high(pay->initrd), (uint32_t)pay->initrd);
		CELLS(t, "linux,initrd-end", high(last), (uint32_t)last);
	}
	end(t);
}

static void write_cpus(void *t, const struct part *part)
{
	begin(t, "cpus");
	CELLS(t, "#address-cells", 1);
	CELLS(t, "#size-cells", 0);
	for (uint32_t i = 0; i < part->n_cores; i++) {
		begin(t, "cpu@%x", i);
		prop_string(t, "device_type", "cpu");
		prop_string(t, "compatible", "arm,armv8");
		CELLS(t, "reg", i);
		prop_string(t, "enable-method", "psci");
		end(t);
	}
	end(t);
}

static void write_platform(void *t, const struct part *part)
{
	static const char psci[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci", timer[] = "arm,armv8-timer\0arm,armv7-timer";

	begin(t, "psci");
	prop(t, "compatible", psci, sizeof(psci));
	prop_string(t, "method", "hvc");
	CELLS(t, "cpu_suspend", 0xc4000001);
	CELLS(t, "cpu_off", 0x84000002);
	CELLS(t, "cpu_on", 0xc4000003);
	end(t);
	begin(t, "timer");
	prop(t, "compatible", timer, sizeof(timer));
	CELLS(t, "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	prop(t, "always-on", "", 0);
	end(t);
	begin(t, "intc@8000000");
	prop_string(t, "compatible", "arm,gic-v3");
	CELLS(t, "#interrupt-cells", 3);
	CELLS(t, "#address-cells", 2);
	CELLS(t, "#size-cells", 2);
	prop(t, "interrupt-controller", "", 0);
	prop(t, "ranges", "", 0);
	CELLS(t, "#redistributor-regions", 1);
	CELLS(t, "reg", 0, PLAN_GICD_IPA, 0, PLAN_GICD_BYTES, 0, PLAN_GICR_IPA, 0,
	      (uint32_t)(part->n_cores * PLAN_GICR_BYTES));
	CELLS(t, "phandle", GIC_PHANDLE);
	end(t);
	begin(t, "apb-pclk");
	prop_string(t, "compatible", "fixed-clock");
	CELLS(t, "#clock-cells", 0);
	CELLS(t, "clock-frequency", 24000000);
	prop_string(t, "clock-output-names", "clk24mhz");
	CELLS(t, "phandle", CLOCK_PHANDLE);
	end(t);
}

static void write_pl011(void *t, uint64_t ipa, uint32_t intid)
{
	static const char compatible[] = "arm,pl011\0arm,primecell", clocks[] = "uartclk\0apb_pclk";

	prop(t, "compatible", compatible, sizeof(compatible));
	CELLS(t, "reg", high(ipa), (uint32_t)ipa, 0, BH_PAGE);
	CELLS(t, "interrupts", 0, intid - 32, 4);
	CELLS(t, "clocks", CLOCK_PHANDLE, CLOCK_PHANDLE);
	prop(t, "clock-names", clocks, sizeof(clocks));
	/* Linux would read it from the device, and give the device up where who answers for it is not up yet. */
	CELLS(t, "arm,primecell-periphid", PL011_PERIPHID);
}

/* --- channels --- */

/* An end of a channel, whatever carries it. */
static void write_end(const struct plan *p, void *t, const struct channel *c, bool sends)
{
	prop_string(t, "bulkhead,channel", c->name);
	prop_string(t, "bulkhead,kind", channel_kind_name(c->kind));
	prop_string(t, "bulkhead,direction", sends ? "send" : "receive");
	prop_string(t, "bulkhead,peer", p->part[sends ? c->to.part : c->from.part].name);
	if (c->bytes)
		CELLS(t, "bulkhead,bytes", c->bytes);
	if (c->reply_bytes)
		CELLS(t, "bulkhead,reply-bytes", c->reply_bytes);
	if (c->depth)
		CELLS(t, "bulkhead,depth", c->depth);
	if (c->period_us)
		CELLS(t, "bulkhead,period-us", (uint32_t)c->period_us);
}

static void write_span(void *t, const char *name, uint64_t ipa, uint64_t bytes)
{
	CELLS(t, name, high(ipa), (uint32_t)ipa, high(bytes), (uint32_t)bytes);
}

/* Its driver's own timeout is what the description says, in whole seconds; else 10 s, which may be too long. */
static void write_watchdog(void *t, const struct part *part, const struct emulated *e)
{
	begin(t, "watchdog@%llx", (unsigned long long)e->ipa);
	prop_string(t, "compatible", "arm,sbsa-gwdt");
	CELLS(t, "reg", high(e->ipa), (uint32_t)e->ipa, 0, BH_GWDT_FRAME, high(e->ipa), (uint32_t)e->ipa + BH_GWDT_FRAME, 0, BH_GWDT_FRAME);
	CELLS(t, "interrupts", 0, e->intid - 32, 4);
	CELLS(t, "timeout-sec", (uint32_t)(part->watchdog_ns / 1000000000u));
	end(t);
}

static void write_emulated(const struct plan *p, void *t, const struct part *part, const struct emulated *e)
{
	if (e->watchdog) {
		write_watchdog(t, part, e);
		return;
	}
	begin(t, "pl011@%llx", (unsigned long long)e->ipa);
	write_pl011(t, e->ipa, e->intid);
	if (e->channel)
		write_end(p, t, e->channel, e->channel->from.part == (int)part->number);
	if (e->window_bytes)
		write_span(t, "bulkhead,window", e->window_ipa, e->window_bytes);
	end(t);
}

static void write_port(const struct plan *p, void *t, const struct part *part, const struct channel *c, bool sends)
{
	const struct channel_end *e = sends ? &c->from : &c->to;
	bool call = c->kind == CHANNEL_CALL;

	begin(t, "%s", c->name);
	CELLS(t, "bulkhead,number", e->cap);
	write_end(p, t, c, sends);
	if (e->intid != BH_NONE)
		CELLS(t, "interrupts", 0, e->intid - 32, 1);
	if (e->in != ~0ull)
		write_span(t, "bulkhead,slots", part->in_ipa + e->in,
			   sends ? bh_slot_bytes(c->reply_bytes) : (uint64_t)bh_port_slots(c->kind, c->depth) * bh_slot_bytes(c->bytes));
	if (e->out != ~0ull)
		write_span(t, "bulkhead,buffer", part->out_ipa + e->out, bh_buffer_bytes(sends || !call ? c->bytes : c->reply_bytes));
	end(t);
}

static void write_shared(void *t, const struct part *part, const struct channel *c)
{
	uint64_t ipa = c->ipa[part->number];

	begin(t, "shared@%llx", (unsigned long long)ipa);
	write_span(t, "reg", ipa, c->size);
	prop_string(t, "bulkhead,channel", c->name);
	prop_string(t, "bulkhead,rights", c->writer[part->number] ? "rw" : "r");
	if (c->uncached)
		prop(t, "bulkhead,uncached", "", 0);
	end(t);
}

/* What only programs that know of us look at. The ports that a partition calls the kernel for by itself: a bridge
 * finds its own here, too. */
static void write_bulkhead(const struct plan *p, void *t, const struct part *part)
{
	begin(t, "bulkhead");
	CELLS(t, "#address-cells", 2);
	CELLS(t, "#size-cells", 2);
	begin(t, "ports");
	for (uint32_t i = 0; i < p->n_channels; i++) {
		const struct channel *c = &p->channel[i];

		if (c->kind != CHANNEL_SHARED && c->from.holder == (int)part->number)
			write_port(p, t, part, c, true);
		if (c->kind != CHANNEL_SHARED && c->to.holder == (int)part->number)
			write_port(p, t, part, c, false);
	}
	end(t);
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].reader[part->number] || p->channel[i].writer[part->number])
			write_shared(t, part, &p->channel[i]);
	end(t);
}

static const char *device_node(const struct device *d)
{
	return text("%.*s@%llx", (int)strcspn(base_name(d->path), "@"), base_name(d->path),
		    (unsigned long long)d->span[0].base);
}

/* What a driver needs and what means the same here: no references but to the one clock. */
static void write_device(const struct plan *p, void *t, const struct device *d)
{
	static const char *const same[] = { "compatible", "interrupts", "interrupt-names", "reg-names", "clock-names",
					    "dma-coherent", "reg-shift", "reg-io-width", "current-speed", "gpio-controller",
					    "#gpio-cells" };
	int n = fdt_stringlist_count(p->fdt, d->node, "clock-names");
	uint32_t cells[16], used = 0;

	begin(t, "%s", device_node(d));
	for (uint32_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		int bytes;
		const void *value = fdt_getprop(p->fdt, d->node, same[i], &bytes);

		if (value)
			prop(t, same[i], value, (size_t)bytes);
	}
	for (uint32_t i = 0; i < d->n_spans; i++) {
		cells[used++] = high(d->span[i].base);
		cells[used++] = (uint32_t)d->span[i].base;
		cells[used++] = high(d->span[i].bytes);
		cells[used++] = (uint32_t)d->span[i].bytes;
	}
	prop_cells(t, "reg", cells, used);
	for (int i = 0; i < n && i < 8; i++)
		cells[i] = CLOCK_PHANDLE;
	if (n > 0)
		prop_cells(t, "clocks", cells, (uint32_t)n);
	end(t);
}

/* Its UART: the emulated one, else the first of its own that is a PL011. */
static const char *uart_path(const struct plan *p, const struct part *part)
{
	if (part->console >= 0)
		return "/pl011@9000000";
	for (uint32_t i = 0; i < part->n_devices; i++)
		if (fdt_node_check_compatible(p->fdt, part->device[i]->node, "arm,pl011") == 0 && part->device[i]->n_spans)
			return text("/%s", device_node(part->device[i]));
	return NULL;
}

/* Carriers are serial1 and on: in Linux /dev/ttyAMA1 …, whether there is a console or not. */
static void write_aliases(const struct plan *p, void *t, const struct part *part)
{
	uint32_t n = 1;

	for (uint32_t i = 0; i < p->n_emuls; i++)
		if (p->emul[i].client == part->number && p->emul[i].channel)
			prop_string(t, text("serial%u", n++), text("/pl011@%llx", (unsigned long long)p->emul[i].ipa));
}

static bool has_channels(const struct plan *p, const struct part *part)
{
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (p->channel[i].reader[part->number] || p->channel[i].writer[part->number])
			return true;
	return part->n_ports > 0;
}

static void write_root(const struct plan *p, void *t, const struct part *part)
{
	const char *uart = uart_path(p, part);

	CELLS(t, "#address-cells", 2);
	CELLS(t, "#size-cells", 2);
	CELLS(t, "interrupt-parent", GIC_PHANDLE);
	prop_string(t, "compatible", "linux,dummy-virt");
	prop_string(t, "model", text("bulkhead,%s", part->name));
	begin(t, "aliases");
	if (uart)
		prop_string(t, "serial0", uart);
	write_aliases(p, t, part);
	end(t);
	write_chosen(t, part, uart);
	begin(t, "memory@40000000");
	prop_string(t, "device_type", "memory");
	CELLS(t, "reg", 0, PLAN_RAM_IPA, high(part->ram_bytes), (uint32_t)part->ram_bytes);
	end(t);
	write_cpus(t, part);
	write_platform(t, part);
	for (uint32_t i = 0; i < p->n_emuls; i++)
		if (p->emul[i].client == part->number)
			write_emulated(p, t, part, &p->emul[i]);
	for (uint32_t i = 0; i < part->n_devices; i++)
		if (part->device[i]->n_spans)
			write_device(p, t, part->device[i]);
	if (has_channels(p, part))
		write_bulkhead(p, t, part);
}

struct bytes guest_tree(const struct plan *p, const struct part *part)
{
	size_t n = 512 * KIB + (part->bootargs ? strlen(part->bootargs) : 0);
	void *t = take(n);

	check(fdt_create(t, (int)n));
	check(fdt_finish_reservemap(t));
	begin(t, "");
	write_root(p, t, part);
	end(t);
	check(fdt_finish(t));
	return (struct bytes){ .at = t, .n = fdt_totalsize(t), .room = n };
}
