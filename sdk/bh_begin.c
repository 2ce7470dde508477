/* SPDX-License-Identifier: Apache-2.0 */
/* From start.S to main(): what the kernel, the tool and this program agree on is checked first. */
#include "sdk/sdk_inside.h"

#include "sdk/bulkhead.h"

int main(void);

void bh_partition_off(void)
{
	for (;;)
		(void)bh_call(BH_PSCI_SYSTEM_OFF, 0, 0, 0, 0);
}

void bh_partition_restart(void)
{
	for (;;)
		(void)bh_call(BH_PSCI_SYSTEM_RESET, 0, 0, 0, 0);
}

/* The output needs the information page too: without it there is no way to say more than this. */
static void check_versions(void)
{
	if (bh_info()->magic != BH_INFO_MAGIC)
		bh_partition_off();
	bh_log_init();
	if (bh_info()->abi_version == BH_ABI_VERSION && bh_version() == BH_ABI_VERSION)
		return;
	bh_printf("program built for ABI %u, information page %u, kernel %d: build all of one version\n",
		  BH_ABI_VERSION, bh_info()->abi_version, (int)bh_version());
	bh_partition_off();
}

/* Where the kernel has to do with interrupts, they cost it something from the first that is enabled on. */
static void begin_cpu(void)
{
	bh_irq_init_cpu();
	if (bh_info()->flags & BH_INFO_DIRECT)
		bh_irq_begin();
	bh_timer_init_cpu();
	__asm__ volatile("msr daifclr, #6"
			 :
			 :
			 : "memory"); /* SError and IRQ */
}

void bh_begin(const void *dtb)
{
	(void)dtb;
	check_versions();
	begin_cpu();
	main();
	bh_partition_off();
}

void bh_begin_further(void (*begin)(void *arg), void *arg)
{
	begin_cpu();
	begin(arg);
	bh_cpu_off();
}
