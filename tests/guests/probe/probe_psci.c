/* SPDX-License-Identifier: Apache-2.0 */
/* PSCI and the SMC Calling Convention: what is there, and what wrong arguments get. */
#include "tests/guests/probe/probe.h"
#include "tests/guests/probe/probe_power.h"

static volatile uint32_t second_runs;
static volatile uint64_t second_mpidr;

static void say_int(const char *key, int64_t v)
{
	put(key);
	put(v < 0 ? " -" : " ");
	put_dec((uint64_t)(v < 0 ? -v : v));
	put_char('\n');
}

static void features(void)
{
	for (uint32_t n = 0; n <= 0x15; n++)
		for (uint32_t wide = 0; wide < 2; wide++) {
			uint64_t f = (wide ? 0xc4000000u : 0x84000000u) + n;

			put("psci.features.");
			put_hex(f);
			say_int("", psci(PSCI_FEATURES, f, 0, 0));
		}
	say_int("psci.features.smccc", psci(PSCI_FEATURES, SMCCC_VERSION, 0, 0));
	say_int("psci.unknown.32", psci(0x8400ff00, 0, 0, 0));
	say_int("psci.unknown.64", psci(0xc400ff00, 0, 0, 0));
}

static void second(void)
{
	second_mpidr = read_reg(mpidr_el1);
	second_runs = second_runs + 1;
}

static int64_t info_until(uint64_t core, int64_t wanted)
{
	int64_t r = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		r = psci(PSCI_AFFINITY_INFO, core, 0, 0);
		if (r == wanted)
			break;
		delay_us(100);
	}
	return r;
}

static void second_core(void)
{
	say_int("psci.info.off", psci(PSCI_AFFINITY_INFO, 1, 0, 0));
	for (uint32_t round = 0; round < 3; round++) {
		second_runs = 0;
		say_int("psci.on", core_start(1, second));
		for (uint32_t i = 0; i < 1000 && !second_runs; i++)
			delay_us(100);
		say_dec("psci.on.runs", second_runs);
		say_hex("psci.on.mpidr", second_mpidr);
		say_int("psci.info.off_again", info_until(1, 1));
	}
}

static void second_busy(void)
{
	second_runs = 1;
	while (second_runs == 1)
		relax();
}

static void already_on(void)
{
	second_runs = 0;
	say_int("psci.on", core_start(1, second_busy));
	while (!second_runs)
		relax();
	say_int("psci.info.on", psci(PSCI_AFFINITY_INFO, 1, 0, 0));
	say_int("psci.on.twice", core_start(1, second_busy));
	second_runs = 2;
	say_int("psci.info.off_again", info_until(1, 1));
}

/* Leaves nothing as it was that EL1 can change and go on; what is not here, the start of any guest changes. */
static void spoil(void)
{
	uint64_t soon = read_reg(cntvct_el0) + read_reg(cntfrq_el0);

	probe_power_spoil();
	write_reg(sp_el0, ~0ull);
	write_reg(elr_el1, ~0ull);
	write_reg(spsr_el1, 0x3c5);
	write_reg(ttbr1_el1, 0x1000);
	write_reg(esr_el1, 1);
	write_reg(far_el1, ~0ull);
	write_reg(contextidr_el1, 1);
	write_reg(tpidr_el0, ~0ull);
	write_reg(tpidrro_el0, ~0ull);
	write_reg(tpidr_el1, ~0ull);
	write_reg(par_el1, 1);
	write_reg(csselr_el1, 1);
	write_reg(cntkctl_el1, 3);
	write_reg(oslar_el1, 0);
	write_reg(dbgbvr0_el1, 0x1000);
	write_reg(dbgwvr0_el1, 0x1000);
	write_reg(mdscr_el1, 0x1000);
	write_reg(cntv_cval_el0, soon);
	write_reg(cntv_ctl_el0, 1);
	write_reg(cntp_cval_el0, soon);
	write_reg(cntp_ctl_el0, 1);
	second_runs = 1;
}

/* The other core begins without caches. */
static void to_memory(struct found *f)
{
	for (uintptr_t at = (uintptr_t)f; at < (uintptr_t)(f + 1); at += 16)
		__asm__ volatile("dc civac, %0" ::"r"(at)
				 : "memory");
	dsb();
}

static void say_left(const char *key, const uint64_t *words, uint32_t n)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < n; i++)
		left += words[i] != 0;
	say_dec(key, left);
}

/* Of a former life of its own, a core finds nothing. */
static void on_again(void)
{
	static struct found found;

	second_runs = 0;
	say_int("psci.on", core_start(1, spoil));
	while (!second_runs)
		relax();
	say_int("psci.info.off_again", info_until(1, 1));
	second_runs = 0;
	found.run = (uint64_t)(uintptr_t)second;
	to_memory(&found);
	say_int("psci.on.bare", psci(PSCI_CPU_ON, 1, (uint64_t)(uintptr_t)probe_power_first, (uint64_t)(uintptr_t)&found));
	for (uint32_t i = 0; i < 1000 && !second_runs; i++)
		delay_us(100);
	to_memory(&found);
	say_left("psci.on.left.general", found.x, 30);
	say_left("psci.on.left.system", found.system, 32);
	say_left("psci.on.left.fp", found.fp, 66);
	say_int("psci.info.off_again", info_until(1, 1));
}

/* Standby: a pending interrupt, masked, ends it. */
static void suspend(void)
{
	gic_enable(1);
	sgi_self(1);
	say_int("psci.suspend.standby", psci(PSCI_CPU_SUSPEND, 0, 0, 0));
	interrupts_on();
	delay_us(100);
	interrupts_off();
	gic_disable(1);
}

void probe_psci(void)
{
	say_hex("psci.version", (uint64_t)psci(PSCI_VERSION, 0, 0, 0));
	say_int("psci.migrate_info_type", psci(0x84000006, 0, 0, 0));
	features();
	say_int("psci.info.self", psci(PSCI_AFFINITY_INFO, core_index(), 0, 0));
	say_int("psci.info.nobody", psci(PSCI_AFFINITY_INFO, 0xff00ff, 0, 0));
	say_int("psci.info.level1", psci(PSCI_AFFINITY_INFO, 0, 1, 0));
	say_int("psci.info.level9", psci(PSCI_AFFINITY_INFO, 0, 9, 0));
	say_int("psci.on.self", core_start(core_index(), second));
	say_int("psci.on.nobody", core_start(0xff00ff, second));
	suspend();
	second_core();
	already_on();
	on_again();
}

void probe_smccc(void)
{
	struct answer r = call_hvc(SMCCC_VERSION, 0, 0, 0);
	bool smc;

	say_int("smccc.version", (int32_t)r.x[0]);
	say_int("smccc.features.version", (int32_t)call_hvc(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0).x[0]);
	say_int("smccc.features.features", (int32_t)call_hvc(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES, 0, 0).x[0]);
	say_int("smccc.features.soc_id", (int32_t)call_hvc(SMCCC_ARCH_FEATURES, 0x80000002, 0, 0).x[0]);
	say_int("smccc.features.workaround1", (int32_t)call_hvc(SMCCC_ARCH_FEATURES, 0x80008000, 0, 0).x[0]);
	say_int("smccc.features.workaround2", (int32_t)call_hvc(SMCCC_ARCH_FEATURES, 0x80007fff, 0, 0).x[0]);
	say_int("smccc.features.workaround3", (int32_t)call_hvc(SMCCC_ARCH_FEATURES, 0x80003fff, 0, 0).x[0]);
	say_int("smccc.features.unknown", (int32_t)call_hvc(SMCCC_ARCH_FEATURES, 0x8000ffff, 0, 0).x[0]);
	say_int("smccc.unknown.arch", (int32_t)call_hvc(0x8000fff0, 0, 0, 0).x[0]);
	say_int("smccc.unknown.cpu", (int32_t)call_hvc(0x81000000, 0, 0, 0).x[0]);
	say_int("smccc.unknown.oem", (int32_t)call_hvc(0x83000000, 0, 0, 0).x[0]);
	say_int("smccc.unknown.standard_hyp", (int32_t)call_hvc(0x85000020, 0, 0, 0).x[0]);
	say_int("smccc.unknown.trusted", (int32_t)call_hvc(0xb2000000, 0, 0, 0).x[0]);
	say_int("smccc.unknown.yielding", (int32_t)call_hvc(0x02000000, 0, 0, 0).x[0]);
	catch_start();
	r = call_smc(PSCI_VERSION, 0, 0, 0);
	smc = !catch_end();
	if (smc)
		say_hex("smc.psci_version", r.x[0]);
	else
		say("smc.psci_version", "undefined");
}
