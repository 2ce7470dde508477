/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_check() refuses each kind of damage with the right sentence, and what it passes may be
 * followed blindly. sanitizers watch the second half.
 * sources: lib/blob_check.c lib/blob_check_health.c lib/blob_check_ports.c lib/blob_check_time.c lib/blob_piece.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/blob_fixture.h"

static void expect(const struct blob_fixture *f, const char *part, int line)
{
	const char *wrong = blob_check(&f->b, sizeof(*f));

	if (!wrong)
		fail_msg("line %d: passed, but expected \"%s\"", line, part);
	else if (!strstr(wrong, part))
		fail_msg("line %d: \"%s\", but expected \"%s\"", line, wrong, part);
}

/* A fresh good blob, one change, and a part of the sentence that must come. */
#define DEDICATED(change, part)             \
	do {                                \
		struct blob_fixture f;      \
                                            \
		fixture_make(&f);           \
		fixture_dedicated(&f);      \
		change;                     \
		expect(&f, part, __LINE__); \
	} while (0)
#define REFUSED(change, part)               \
	do {                                \
		struct blob_fixture f;      \
                                            \
		fixture_make(&f);           \
		change;                     \
		expect(&f, part, __LINE__); \
	} while (0)

static void a_good_blob_passes(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_make(&f);
	assert_null(blob_check(&f.b, sizeof(f)));
	assert_true(blob_follow(&f.b) != 0);
	f.b.ipa_bits = 31;
	f.b.empty_root += 64; /* a root of two entries may be anywhere among others */
	assert_null(blob_check(&f.b, sizeof(f)));
}

static void head_is_checked(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_make(&f);
	assert_non_null(blob_check(&f.b, sizeof(f.b) - 1));
	assert_non_null(blob_check(&f.b, sizeof(f) - 1));
	REFUSED(f.b.magic++, "magic");
	REFUSED(f.b.abi_version++, "ABI version");
	REFUSED(f.b.total_bytes = sizeof(f.b) - 1, "size");
}

static void arrays_lie_within_the_blob(void **state)
{
	(void)state;
	REFUSED(f.b.off_cores += 4, "cores out");
	REFUSED(f.b.off_cores = 0, "cores out");
	REFUSED(f.b.n_cores = BH_MAX_CORES + 1, "cores out");
	REFUSED(f.b.n_cores = 0, "cores out");
	REFUSED(f.b.off_partitions = 0xfffffff8, "partitions out");
	REFUSED(f.b.n_partitions = 33, "partitions out");
	REFUSED(f.b.n_partitions = 0, "partitions out");
	REFUSED(f.b.n_vcpus = 0, "vCPUs out");
	REFUSED(f.b.off_vcpus = (uint32_t)sizeof(f) - 8, "vCPUs out");
	REFUSED(f.b.n_emuls = 65, "emulated regions out");
	REFUSED(f.b.n_ports = BH_MAX_PORTS + 1, "ports out");
	REFUSED(f.b.off_ports = (uint32_t)sizeof(f) - 8, "ports out");
	REFUSED(f.b.n_regions = BH_MAX_REGIONS, "regions out");
	REFUSED(f.b.n_caps = 0xffffffff, "capabilities out");
	REFUSED(f.b.n_irqs = 257, "interrupts out");
	REFUSED(f.b.n_smcs = 65, "SMC allow-lists out");
	REFUSED(f.b.n_modes = 0, "modes out");
	REFUSED(f.b.n_modes = BH_MAX_MODES + 1, "modes out");
	REFUSED(f.b.off_modes = (uint32_t)sizeof(f) - 8, "modes out");
	REFUSED(f.b.n_plans = 3, "not a plan for each");
	REFUSED(f.b.n_plans = 5, "not a plan for each");
	REFUSED(f.b.n_modes = 1, "not a plan for each");
	REFUSED(f.b.off_plans = (uint32_t)sizeof(f) - 8, "not a plan for each");
	REFUSED(f.b.n_windows = BH_MAX_WINDOWS + 1, "windows out");
	REFUSED(f.b.off_windows += 4, "windows out");
	REFUSED(f.b.reg_bytes = 0xffffffff, "register tables out");
	REFUSED(f.b.off_regs = (uint32_t)sizeof(f), "register tables out");
	REFUSED(f.b.names_bytes = 0, "names out");
	REFUSED(f.b.names_bytes += 8, "names out");
	REFUSED(f.names[63] = 'x', "does not end");
}

/* A number one too large, in a blob that has room for it: zeros behind the fixture. */
static void numbers_are_bounded(void **state)
{
	static const struct {
		size_t head;
		uint32_t most;
		const char *says;
	} array[] = {
		{ offsetof(struct bh_blob, n_cores), BH_MAX_CORES, "cores out" },
		{ offsetof(struct bh_blob, n_partitions), BH_MAX_PARTITIONS, "partitions out" },
		{ offsetof(struct bh_blob, n_vcpus), BH_MAX_VCPUS, "vCPUs out" },
		{ offsetof(struct bh_blob, n_emuls), BH_MAX_EMULS, "emulated regions out" },
		{ offsetof(struct bh_blob, n_ports), BH_MAX_PORTS, "ports out" },
		{ offsetof(struct bh_blob, n_regions), BH_MAX_REGIONS, "regions out" },
		{ offsetof(struct bh_blob, n_caps), BH_MAX_CAPS, "capabilities out" },
		{ offsetof(struct bh_blob, n_irqs), BH_MAX_IRQS, "interrupts out" },
		{ offsetof(struct bh_blob, n_smcs), BH_MAX_SMCS, "SMC allow-lists out" },
		{ offsetof(struct bh_blob, n_modes), BH_MAX_MODES, "modes out" },
		{ offsetof(struct bh_blob, n_windows), BH_MAX_WINDOWS, "windows out" },
		{ offsetof(struct bh_blob, reg_bytes), BH_MAX_EMULS * (BLOB_EMUL_BYTES / 4), "register tables out" },
	};
	const size_t bytes = sizeof(struct blob_fixture) + (2u << 20);
	struct blob_fixture *f = calloc(1, bytes);

	(void)state;
	assert_non_null(f);
	for (uint32_t i = 0; i < sizeof(array) / sizeof(array[0]); i++) {
		uint32_t pair[2] = { array[i].most + 1, sizeof(*f) };
		const char *wrong;

		fixture_make(f);
		f->b.total_bytes = (uint32_t)bytes;
		memcpy((char *)&f->b + array[i].head, pair, sizeof(pair));
		wrong = blob_check(&f->b, bytes);
		assert_non_null(wrong);
		assert_non_null(strstr(wrong, array[i].says));
		pair[0]--;
		memcpy((char *)&f->b + array[i].head, pair, sizeof(pair));
		wrong = blob_check(&f->b, bytes);
		assert_true(!wrong || !strstr(wrong, array[i].says));
	}
	free(f);
}

static void system_is_checked(void **state)
{
	(void)state;
	REFUSED(f.b.gic_version = 2, "GICv3");
	REFUSED(f.b.timer_intid = 25, "PPIs");
	REFUSED(f.b.maintenance_intid = 32, "PPIs");
	REFUSED(f.b.maintenance_intid = 15, "PPIs");
	REFUSED(f.b.timer_intid = 15, "PPIs");
	REFUSED(f.b.timer_intid = 32, "PPIs");
	REFUSED(f.b.n_intids = 31, "INTIDs");
	REFUSED(f.b.n_intids = 1021, "INTIDs");
	REFUSED(f.b.psci = BH_PSCI_NONE, "other cores");
	REFUSED(f.b.psci = 3, "other cores");
	REFUSED(f.b.uart_kind = 3, "UART");
	REFUSED(f.b.uart_va++, "UART is not aligned");
	REFUSED(f.b.uart_va = 0x900000, "UART");
	REFUSED(f.b.ipa_bits = 40, "31 to 39 bits");
	REFUSED(f.b.ipa_bits = 30, "31 to 39 bits");
	REFUSED(f.b.ipa_bits = 38; f.part[1].root += 64, "root is not aligned");
	REFUSED(f.b.empty_root += 64, "empty root");
	REFUSED(f.b.empty_root++, "empty root");
	REFUSED(f.b.gicd_va = 0x7ffffff000, "distributor");
	REFUSED(f.b.log_va = 0x7ffffff000, "log");
	REFUSED(f.b.vcpu_state_va += 8, "state outside");
	REFUSED(f.b.core_state_va = 0x1000, "state outside");
	REFUSED(f.b.partition_state_va = BLOB_VA_END, "state outside");
	REFUSED(f.b.emul_state_va += 8, "state outside");
	REFUSED(f.b.port_state_va = 0, "state outside");
	REFUSED(f.b.log_reader = 3, "reader of the log");
	REFUSED(f.b.log_intid = 288, "reader of the log");
	REFUSED(f.b.board_name = 64, "name of system");
}

static void cores_and_vcpus_agree(void **state)
{
	(void)state;
	REFUSED(f.core[1].mpidr = 0, "used twice");
	REFUSED(f.core[1].mpidr = 0x80000001, "affinity");
	REFUSED(f.core[0].reserved = 1, "reserved");
	REFUSED(f.core[0].stack_va = 0x1000, "stack");
	REFUSED(f.core[0].stack_va = BH_KERNEL_VA + BH_PAGE, "stack");
	REFUSED(f.core[0].stack_va += 8, "stack");
	REFUSED(f.core[0].stack_va = BLOB_VA_END + BH_PAGE, "stack");
	REFUSED(f.core[0].gicr_va += 0x10, "redistributor");
	REFUSED(f.core[0].n_vcpus = 17, "too many");
	REFUSED(f.core[0].vcpu[0] = 4, "no such vCPU");
	REFUSED(f.core[0].vcpu[0] = 1, "differ");
	REFUSED(f.core[0].n_vcpus = 1, "rank out of range");
	REFUSED(f.vcpu[0].core = 1, "differ");
	REFUSED(f.vcpu[2].rank = 0, "differ");
	REFUSED(f.vcpu[2].index = 0, "wrong index");
	REFUSED(f.core[1].n_vcpus = 1; f.vcpu[2].core = 2, "rank out of range");
	REFUSED(f.core[1].n_vcpus = 1; f.vcpu[2].rank = 0, "not in its core's list"); /* where vCPU 3 is */
	REFUSED(f.vcpu[2].partition = FIX_CONTROL, "not its partition's");
	REFUSED(f.part[1].n_vcpus = 9, "wrong vCPUs");
	REFUSED(f.part[2].n_vcpus = 2, "wrong vCPUs");
	REFUSED(f.part[2].n_vcpus = 0; f.b.n_vcpus = 3; f.core[1].n_vcpus = 1; f.core[1].vcpu[0] = 2; f.vcpu[2].rank = 0, "wrong vCPUs");
	REFUSED(f.part[1].n_vcpus = 1, "wrong vCPUs");
	REFUSED(f.part[0].n_vcpus = 0, "wrong vCPUs");
}

static void partitions_are_checked(void **state)
{
	(void)state;
	REFUSED(f.part[0].name = 64, "name");
	REFUSED(f.part[0].flags |= 0x20, "flags");
	REFUSED(f.part[2].vmid = 1, "VMID");
	REFUSED(f.part[2].fp = 3, "FP");
	REFUSED(f.part[2].root = 0, "root");
	REFUSED(f.part[2].root += 8, "root");
	REFUSED(f.part[0].n_caps = 1, "capabilities");
	REFUSED(f.part[2].n_caps = 5, "wrong capabilities");
	REFUSED(f.part[2].n_smcs = 1, "wrong SMC");
	REFUSED(f.b.n_vcpus = 5, "nobody's");
	REFUSED(f.b.n_caps = 13, "nobody's");
	REFUSED(f.b.n_smcs = 3, "nobody's");
	REFUSED(f.part[2].first_smc = 1, "SMC");
	REFUSED(f.part[2].n_regions = 2, "nobody's");
	REFUSED(f.part[2].n_regions = 0xfffffffe, "wrong regions");
}

static void regions_are_sorted_disjoint_and_whole(void **state)
{
	(void)state;
	REFUSED(f.region[0].kind = 0, "kind");
	REFUSED(f.region[0].kind = BH_REGION_SHARED + 1, "kind");
	REFUSED(f.region[0].rights = 8, "rights");
	REFUSED(f.region[0].bytes = 0x800, "whole pages");
	REFUSED(f.region[0].bytes = 0, "whole pages");
	REFUSED(f.region[0].ipa += 0x800, "whole pages");
	REFUSED(f.region[0].pa += 0x800, "whole pages");
	REFUSED(f.region[0].ipa = 1ull << 39, "address space");
	REFUSED(f.region[0].ipa = (1ull << 39) + 0x1000, "address space");
	REFUSED(f.region[0].bytes = 1ull << 39, "address space");
	REFUSED(f.region[0].pa = BLOB_PA_END - 0x1000; f.region[0].bytes = 0x2000, "address space");
	REFUSED(f.region[0].bytes = UINT64_MAX & ~0xfffull, "address space");
	REFUSED(f.region[0].pa = UINT64_MAX & ~0xfffull, "address space");
	REFUSED(f.region[0].name = 64, "name");
	REFUSED(f.region[0].bytes = 0x38000000, "overlaps");
	REFUSED(f.region[1].ipa = 0x08000000, "not sorted");
	REFUSED(f.region[2].object = 2, "no such emulated");
	REFUSED(f.region[2].object = 1, "another's");
	REFUSED(f.region[2].ipa += 0x1000, "another's");
	REFUSED(f.region[2].bytes += 0x1000, "another's");
	REFUSED(f.region[2].pa = 0x1000, "no such emulated");
	REFUSED(f.region[2].kind = BH_REGION_CONST, "does not have it");
}

#define CONSOLE_CAP(n) f.cap[FIX_CONSOLE_CAPS + (n)]
#define LINUX_CAP(n)   f.cap[FIX_LINUX_CAPS + (n)]
#define CONTROL_CAP(n) f.cap[FIX_CONTROL_CAPS + (n)]

static void capabilities_name_what_their_holder_has(void **state)
{
	(void)state;
	REFUSED(CONSOLE_CAP(1).kind = BH_CAP_MONITOR + 1, "no such object");
	REFUSED(CONTROL_CAP(3).object = 1, "no such object");
	REFUSED(CONTROL_CAP(3).rights = 1, "reserved");
	REFUSED(CONTROL_CAP(3).root_page = 1, "a root where nobody is inspected");
	REFUSED(CONSOLE_CAP(1).object = 2, "no such object");
	REFUSED(CONSOLE_CAP(1).rights = 1, "reserved");
	REFUSED(CONSOLE_CAP(1).root_page = 1, "a root where nobody is inspected");
	REFUSED(CONSOLE_CAP(2).kind = BH_CAP_NONE, "no such object");
	REFUSED(LINUX_CAP(0) = CONSOLE_CAP(1), "another partition");
	REFUSED(CONSOLE_CAP(3).object = FIX_CONSOLE, "no other partition");
	REFUSED(CONSOLE_CAP(3).object = 3, "no other partition");
	REFUSED(CONSOLE_CAP(3).rights = 8, "unknown rights");
}

static void both_ends_of_a_port_are_in_their_tables_once(void **state)
{
	(void)state;
	REFUSED(LINUX_CAP(0).object = 4, "no such port");
	REFUSED(LINUX_CAP(0).rights = BH_PORT_RECEIVE, "not the end");
	REFUSED(LINUX_CAP(0).rights = BH_PORT_SEND | BH_PORT_RECEIVE, "not the end");
	REFUSED(LINUX_CAP(0).rights = 0, "not the end");
	REFUSED(LINUX_CAP(0).object = FIX_QUEUING, "not the end");
	REFUSED(LINUX_CAP(1).root_page = 1, "a root where nobody is inspected");
	REFUSED(f.port[FIX_CALL].send_cap = 2, "not the end");
	REFUSED(f.port[FIX_CALL].receive_cap = 64, "not the end");
	REFUSED(f.port[FIX_SIGNAL].receiver = FIX_CONSOLE, "not the end");
	REFUSED(CONTROL_CAP(2) = (struct bh_cap){ .kind = BH_CAP_NONE }, "nobody's table");
	REFUSED(f.b.n_ports = 5, "port"); /* one more, which overlays what follows */
	REFUSED(f.b.n_ports = 3, "no such port");
	/* the serving entry first, then the port */
	REFUSED(CONSOLE_CAP(1) = CONSOLE_CAP(0);
		CONSOLE_CAP(0) = (struct bh_cap){ .kind = BH_CAP_SERVE }; f.port[FIX_QUEUING].receive_cap = 1, "not the first");
}

static void a_partition_has_at_most_64_ports(void **state)
{
	struct {
		struct blob_fixture f;
		struct bh_port port[66];
		struct bh_cap cap[2 * 66];
	} *many = calloc(1, sizeof(*many));

	(void)state;
	assert_non_null(many);
	for (uint32_t n = 64; n <= 65; n++) {
		const char *wrong;

		fixture_make(&many->f);
		many->f.b.total_bytes = sizeof(*many);
		many->f.b.log_reader = BH_NONE;
		many->f.b.n_emuls = 0, many->f.b.reg_bytes = 0;
		many->f.region[2].kind = many->f.region[4].kind = BH_REGION_CONST;
		many->f.b.n_ports = n, many->f.b.off_ports = (uint32_t)((char *)many->port - (char *)many);
		many->f.b.n_caps = 2 * n, many->f.b.off_caps = (uint32_t)((char *)many->cap - (char *)many);
		for (uint32_t i = 0; i < n; i++) { /* all from the console, half of them to each of the others */
			uint32_t to = i < 33 ? FIX_LINUX : FIX_CONTROL, at = i < 33 ? i : i - 33;

			many->port[i] = (struct bh_port){ .kind = BH_PORT_SIGNAL, .receiver = to, .send_cap = i };
			many->port[i].receive_cap = at;
			many->port[i].send_intid = many->port[i].receive_intid = BH_NONE;
			many->cap[i] = (struct bh_cap){ BH_CAP_PORT, i, BH_PORT_SEND, 0 };
			many->cap[n + i] = (struct bh_cap){ BH_CAP_PORT, i, BH_PORT_RECEIVE, 0 };
		}
		many->f.part[0].n_caps = many->f.part[1].first_cap = n;
		many->f.part[1].n_caps = 33, many->f.part[2].first_cap = n + 33, many->f.part[2].n_caps = n - 33;
		wrong = blob_check(&many->f.b, sizeof(*many));
		if (n == 64)
			assert_null(wrong);
		else
			assert_non_null(strstr(wrong, "more ports than"));
	}
	free(many);
}

static void ports_are_what_their_kind_has(void **state)
{
	(void)state;
	REFUSED(f.port[0].kind = 0, "unknown kind");
	REFUSED(f.port[0].kind = 5, "unknown kind");
	REFUSED(f.port[0].sender = 3, "sender or receiver");
	REFUSED(f.port[0].receiver = BH_NONE, "sender or receiver");
	REFUSED(f.port[0].receiver = FIX_LINUX, "sender or receiver");
	REFUSED(f.port[0].send_intid = 31, "interrupt");
	REFUSED(f.port[0].receive_intid = 288, "interrupt");
	REFUSED(f.port[0].name = 64, "name");
	REFUSED(f.port[FIX_QUEUING].flags = 4, "flags");
	REFUSED(f.port[FIX_SAMPLING].flags = BH_PORT_DROP, "flags");
	REFUSED(f.port[FIX_CALL].flags = BH_PORT_KEEP, "flags");
	REFUSED(f.port[FIX_SIGNAL].bytes = 1, "messages");
	REFUSED(f.port[FIX_SAMPLING].bytes = 0, "messages");
	REFUSED(f.port[FIX_QUEUING].bytes = BH_MESSAGE_MAX + 1, "messages");
	REFUSED(f.port[FIX_CALL].reply_bytes = 0, "replies");
	REFUSED(f.port[FIX_CALL].reply_bytes = 0xffffffff, "replies");
	REFUSED(f.port[FIX_QUEUING].reply_bytes = 1, "replies");
	REFUSED(f.port[FIX_QUEUING].depth = 0, "depth");
	REFUSED(f.port[FIX_QUEUING].depth = BH_DEPTH_MAX + 1, "depth");
	REFUSED(f.port[FIX_SAMPLING].depth = 1, "depth");
}

static void the_largest_and_smallest_ports_pass(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_make(&f);
	f.port[FIX_QUEUING].bytes = BH_MESSAGE_MAX, f.port[FIX_QUEUING].depth = BH_DEPTH_MAX;
	f.port[FIX_QUEUING].out_va = FIX_VA(0x200), f.port[FIX_QUEUING].in_va = FIX_VA(0x300);
	f.port[FIX_CALL].reply_bytes = BH_MESSAGE_MAX;
	f.port[FIX_CALL].reply_out_va = FIX_VA(0x202), f.port[FIX_CALL].reply_in_va = FIX_VA(0x204);
	assert_null(blob_check(&f.b, sizeof(f)));
	f.port[FIX_SAMPLING].in_va = FIX_VA(0x300) + 257ull * bh_slot_bytes(BH_MESSAGE_MAX); /* right behind */
	assert_null(blob_check(&f.b, sizeof(f)));
	f.port[FIX_SAMPLING].in_va -= 64;
	expect(&f, "overlap", __LINE__);
	fixture_make(&f);
	f.port[FIX_QUEUING].bytes = 1, f.port[FIX_QUEUING].depth = 1, f.port[FIX_QUEUING].out_va = 0;
	assert_null(blob_check(&f.b, sizeof(f)));
	f.port[FIX_QUEUING].bytes = BH_SHORT_BYTES;
	assert_null(blob_check(&f.b, sizeof(f)));
	f.port[FIX_QUEUING].bytes = BH_SHORT_BYTES + 1;
	expect(&f, "missing", __LINE__);
}

static void ports_have_their_memory_and_no_other(void **state)
{
	(void)state;
	REFUSED(f.port[FIX_SIGNAL].in_va = FIX_VA(0x5d), "too many");
	REFUSED(f.port[FIX_SAMPLING].out_va = FIX_VA(0x5d), "too many");
	REFUSED(f.port[FIX_SAMPLING].in_va = 0, "missing");
	REFUSED(f.port[FIX_SAMPLING].reply_in_va = FIX_VA(0x5d), "too many");
	REFUSED(f.port[FIX_QUEUING].out_va = 0, "missing");
	REFUSED(f.port[FIX_QUEUING].in_va += 8, "lie wrong");
	REFUSED(f.port[FIX_QUEUING].in_va = BLOB_VA_END - 64 * 8, "lie wrong");
	REFUSED(f.port[FIX_CALL].reply_out_va = 0x1000, "lie wrong");
	REFUSED(f.port[FIX_CALL].reply_in_va = 0, "missing");
	REFUSED(f.port[FIX_CALL].reply_out_va = 0, "missing");
	REFUSED(f.port[FIX_SAMPLING].in_va += 64, "overlap"); /* the reply's slot behind it */
	REFUSED(f.port[FIX_QUEUING].out_va += 64, "overlap");
	REFUSED(f.port[FIX_CALL].in_va = f.port[FIX_CALL].reply_out_va - 64, "overlap");
	REFUSED(f.port[FIX_CALL].reply_in_va = f.b.log_va + 64, "overlap");
	REFUSED(f.port[FIX_CALL].reply_in_va = f.emul[1].queue_va, "overlap");
	REFUSED(f.emul[0].server_va = f.emul[1].queue_va, "overlap");
	REFUSED(f.port[FIX_QUEUING].depth = 255; f.port[FIX_QUEUING].in_va = FIX_VA(0x51), "overlap");
}

static void call_make(struct blob_fixture *f, uint32_t port, uint32_t page)
{
	f->port[port] = (struct bh_port){ .kind = BH_PORT_CALL,
					  .sender = f->port[port].sender,
					  .receiver = f->port[port].receiver,
					  .send_cap = f->port[port].send_cap,
					  .receive_cap = f->port[port].receive_cap,
					  .send_intid = BH_NONE,
					  .receive_intid = BH_NONE,
					  .bytes = 32,
					  .reply_bytes = 32,
					  .in_va = FIX_VA(page),
					  .reply_in_va = FIX_VA(page) + 64 };
}

/* Linux calls control, that the console, that Linux. */
static void circle_make(struct blob_fixture *f)
{
	fixture_end(f, FIX_CONSOLE_CAPS, FIX_CONSOLE, 0, FIX_QUEUING, BH_PORT_SEND);
	fixture_end(f, FIX_CONSOLE_CAPS, FIX_CONSOLE, 1, FIX_SAMPLING, BH_PORT_RECEIVE);
	fixture_end(f, FIX_LINUX_CAPS, FIX_LINUX, 1, FIX_QUEUING, BH_PORT_RECEIVE);
	fixture_end(f, FIX_LINUX_CAPS, FIX_LINUX, 2, FIX_CALL, BH_PORT_SEND);
	f->cap[FIX_LINUX_CAPS + 3] = (struct bh_cap){ .kind = BH_CAP_NONE };
	call_make(f, FIX_SAMPLING, 0x5d);
	call_make(f, FIX_QUEUING, 0x5e);
}

static void calls_make_no_circle(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_make(&f);
	call_make(&f, FIX_QUEUING, 0x5d); /* linux calls control and console: a tree */
	assert_null(blob_check(&f.b, sizeof(f)));
	REFUSED(call_make(&f, FIX_SAMPLING, 0x5d), "in a circle"); /* linux, control, linux */
	REFUSED(circle_make(&f), "in a circle");
	fixture_make(&f);
	circle_make(&f);
	f.port[FIX_QUEUING] = (struct bh_port){ .kind = BH_PORT_SIGNAL, .sender = FIX_CONSOLE, .receiver = FIX_LINUX };
	f.port[FIX_QUEUING].receive_cap = 1;
	f.port[FIX_QUEUING].send_intid = f.port[FIX_QUEUING].receive_intid = BH_NONE;
	assert_null(blob_check(&f.b, sizeof(f))); /* a signal does not wait */
}

static void emulated_regions_have_both_ends_and_a_table(void **state)
{
	(void)state;
	REFUSED(f.emul[0].client = 3, "client");
	REFUSED(f.emul[0].server = 0xffffffff, "server");
	REFUSED(f.emul[0].server = FIX_LINUX, "server");
	REFUSED(f.emul[0].bytes = 0x20000, "size");
	REFUSED(f.emul[0].bytes = 0, "size");
	REFUSED(f.emul[0].bytes = 0x800, "size");
	REFUSED(f.emul[0].reg = 1, "register table");
	REFUSED(f.emul[0].reg = 0xffffffff, "register table");
	REFUSED(f.emul[0].bytes = 0x2000, "register table");
	REFUSED(f.emul[0].intid = 31, "interrupt");
	REFUSED(f.emul[0].doorbell = BH_NONE, "interrupt");
	REFUSED(f.emul[0].queue_va = 0x1000, "queue");
	REFUSED(f.emul[0].server_va = 0x7ffffff000, "queue or server");
	REFUSED(f.emul[0].down = 3, "dead server");
	REFUSED(f.regs[5] = 0x20, "unknown bits");
}

static void interrupts_have_one_source_and_one_owner(void **state)
{
	(void)state;
	REFUSED(f.irq[1].pintid = 33, "not sorted");
	REFUSED(f.irq[0].pintid = 31, "not sorted");
	REFUSED(f.irq[2].pintid = 288, "not sorted");
	REFUSED(f.irq[0].vintid = 288, "virtual INTID");
	REFUSED(f.irq[0].partition = 3, "partition out of range");
	REFUSED(f.irq[0].flags = 3, "flags");
	REFUSED(f.irq[0].flags = 4, "flags");
	REFUSED(f.irq[2].vintid = 48, "two sources");
	REFUSED(f.irq[2].vintid = 33, "two sources");
	REFUSED(f.irq[0].vintid = 254, "doorbell");
	REFUSED(f.irq[0].vintid = 255, "doorbell");
	REFUSED(f.irq[1].vintid = 200, "port: its interrupt"); /* linux receives */
	REFUSED(f.irq[1].vintid = 201, "port: its interrupt"); /* and sends */
	REFUSED(f.port[FIX_QUEUING].receive_intid = 33, "port: its interrupt");
	REFUSED(f.port[FIX_SAMPLING].send_intid = 33, "port: its interrupt"); /* an emulated region's */
}

static uint64_t random_next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* One to four changes: a byte, a bit, or a word taken from a list of awkward numbers. */
static void mutate(uint8_t *bytes, size_t n, uint64_t *seed)
{
	static const uint32_t odd[] = { 0, 1, 8, 31, 32, 64, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff };
	uint64_t changes = 1 + random_next(seed) % 4;

	for (uint64_t i = 0; i < changes; i++) {
		uint64_t r = random_next(seed);
		size_t at = r >> 8 & 1 ? (r >> 16) % sizeof(struct bh_blob) : (r >> 16) % n;

		if (r % 3 == 0)
			bytes[at] ^= (uint8_t)(1u << (r >> 4) % 8);
		else if (r % 3 == 1)
			bytes[at] = (uint8_t)(r >> 56);
		else
			memcpy(bytes + (at & ~(size_t)3), &odd[(r >> 50) % 10], 4);
	}
}

/* Without dedicated cores: control is alone on core 1, and has no reservation. */
static void fixture_alone(struct blob_fixture *f)
{
	fixture_make(f);
	fixture_dedicated(f);
	f->part[FIX_CONTROL].flags &= ~BH_PART_DEDICATED;
	f->part[FIX_CONTROL].root_va = 0;
	f->core[1].door_pa = f->core[1].door_va = 0;
	f->b.n_irqs = 3;
}

static void one_that_sleeps_by_itself_takes_nobodys_time(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_alone(&f);
	assert_null(blob_check(&f.b, sizeof(f)));
	f.part[FIX_CONTROL].flags |= BH_PART_NATIVE_WFI;
	assert_null(blob_check(&f.b, sizeof(f)));
	f.vcpu[f.part[FIX_CONTROL].first_vcpu].budget_ns = 1000000;
	f.vcpu[f.part[FIX_CONTROL].first_vcpu].period_ns = 10000000;
	*fixture_plan(&f, FIX_NORMAL, 1) = (struct bh_plan){ .budgets = FIX_FIRST };
	expect(&f, "sleeps by itself, and has a reservation", __LINE__);
	fixture_alone(&f);
	f.part[FIX_LINUX].flags |= BH_PART_NATIVE_WFI;
	expect(&f, "sleeps by itself on a core that is not its own", __LINE__);
	REFUSED(f.part[FIX_CONTROL].flags |= BH_PART_NATIVE_WFI, "sleeps by itself on a core that is not its own");
}

/* IRQ-4: the kernel takes no interrupt there while the guest runs, and puts none into list registers. */
static void a_dedicated_core_is_one_vcpus_alone(void **state)
{
	struct blob_fixture f;

	(void)state;
	fixture_make(&f);
	fixture_dedicated(&f);
	assert_null(blob_check(&f.b, sizeof(f)));
	assert_true(blob_follow(&f.b) != 0);
	f.part[FIX_CONTROL].flags |= BH_PART_NATIVE_WFI;
	assert_null(blob_check(&f.b, sizeof(f)));

	REFUSED(f.part[FIX_CONTROL].root_va = FIX_VA(0x90), "goes with a dedicated core");
	REFUSED(f.core[1].door_va = FIX_VA(0x94), "goes with a dedicated core");
	REFUSED(f.irq[1].flags = BH_IRQ_NOTICE, "without dedicated cores");
	DEDICATED(f.core[0].door_pa = 0x46701000, "goes with a dedicated core");
	DEDICATED(f.part[FIX_LINUX].flags |= BH_PART_DEDICATED; f.part[FIX_LINUX].root_va = FIX_VA(0x96),
								"more than one vCPU");
	DEDICATED(f.b.n_modes = 2; f.b.n_plans = 4; f.plan[2] = f.plan[0]; f.plan[3] = f.plan[1]; f.plan[3].slack = 1; f.plan[3].always = 0, "modes");
	DEDICATED(f.plan[1].slack = 1; f.plan[1].always = 0, "windows");
	DEDICATED(f.core[1].door_pa = 0, "no page");
	DEDICATED(f.core[1].door_va = 0x1000, "outside");
	DEDICATED(f.part[FIX_CONTROL].root_va = 0, "root outside");
	DEDICATED(f.b.ipa_bits = 31; f.part[FIX_CONTROL].root += 64, "no page");
	DEDICATED(f.part[FIX_CONTROL].watchdog_ns = f.part[FIX_CONTROL].watchdog_first_ns = 1000000, "watchdog");
	DEDICATED(f.irq[3].vintid = 239, "another number");
	DEDICATED(f.irq[3].partition = FIX_LINUX, "no spare one");
	DEDICATED(f.irq[3].flags = 0, "two sources");
	DEDICATED(f.emul[1].intid = 33, "no spare one");
	DEDICATED(f.port[FIX_SIGNAL].receive_intid = 200, "port: its interrupt is no spare");
	DEDICATED(f.port[FIX_SAMPLING].send_intid = 200, "port: its interrupt is no spare");
	DEDICATED(f.b.log_reader = FIX_CONTROL, "log: its doorbell is no spare");
}

/* On the heap and of the exact size, so that ASan sees the first byte behind it. */
static void whatever_passes_may_be_followed(void **state)
{
	struct blob_fixture *f = malloc(sizeof(*f));
	uint64_t seed = 20240607, passed = 0;

	(void)state;
	assert_non_null(f);
	for (uint32_t i = 0; i < 200000; i++) {
		fixture_make(f);
		mutate((uint8_t *)f, sizeof(*f), &seed);
		if (blob_check(&f->b, sizeof(*f)) == NULL) {
			passed++;
			assert_true(blob_follow(&f->b) != 0);
		}
	}
	free(f);
	assert_in_range(passed, 1000, 199000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_blob_passes),
		cmocka_unit_test(head_is_checked),
		cmocka_unit_test(arrays_lie_within_the_blob),
		cmocka_unit_test(numbers_are_bounded),
		cmocka_unit_test(system_is_checked),
		cmocka_unit_test(cores_and_vcpus_agree),
		cmocka_unit_test(partitions_are_checked),
		cmocka_unit_test(regions_are_sorted_disjoint_and_whole),
		cmocka_unit_test(capabilities_name_what_their_holder_has),
		cmocka_unit_test(both_ends_of_a_port_are_in_their_tables_once),
		cmocka_unit_test(a_partition_has_at_most_64_ports),
		cmocka_unit_test(ports_are_what_their_kind_has),
		cmocka_unit_test(the_largest_and_smallest_ports_pass),
		cmocka_unit_test(ports_have_their_memory_and_no_other),
		cmocka_unit_test(calls_make_no_circle),
		cmocka_unit_test(emulated_regions_have_both_ends_and_a_table),
		cmocka_unit_test(interrupts_have_one_source_and_one_owner),
		cmocka_unit_test(a_dedicated_core_is_one_vcpus_alone),
		cmocka_unit_test(one_that_sleeps_by_itself_takes_nobodys_time),
		cmocka_unit_test(whatever_passes_may_be_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
