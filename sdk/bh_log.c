/* SPDX-License-Identifier: Apache-2.0 */
/* Output of a native program: its PL011 (Arm DDI 0183), polled, or what the program has put in its place. */
#include "sdk/bh_log.h"

#include "sdk/bh_cpu.h"
#include "sdk/bh_format.h"
#include "sdk/bh_info.h"
#include "sdk/sdk_inside.h"

#define UART_DR 0x00u
#define UART_FR 0x18u
#define FR_TXFF 0x20u

static uint64_t uart; /* IPA, or 0: none */
static void (*sink)(char c);
static uint32_t taken; /* by vCPU, number + 1 */

void bh_log_init(void)
{
	const struct bh_info_entry *e = NULL;

	while ((e = bh_info_next(BH_INFO_EMULATED, e)))
		if (e->flags & BH_INFO_SERVE_PL011)
			break;
	uart = e ? e->ipa : 0;
}

void bh_log_to(void (*put)(char c))
{
	sink = put;
}

static void uart_put(char c)
{
	while (*bh_reg32(uart + UART_FR) & FR_TXFF)
		;
	*bh_reg32(uart + UART_DR) = (uint8_t)c;
}

static void put(void *arg, char c)
{
	(void)arg;
	if (sink) {
		sink(c);
	} else if (uart) {
		if (c == '\n')
			uart_put('\r');
		uart_put(c);
	}
}

/* A handler never finds it taken by its own vCPU, since the taker has masked interrupts, unless it
 * is a fault within the output: that one goes on. */
static void take(void)
{
	uint32_t nobody = 0, me = bh_cpu_index() + 1;

	while (!__atomic_compare_exchange_n(&taken, &nobody, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		if (nobody == me)
			return;
		nobody = 0;
	}
}

void bh_log_break(void)
{
	__atomic_store_n(&taken, bh_cpu_index() + 1, __ATOMIC_RELAXED);
}

void bh_printf(const char *format, ...)
{
	const struct bh_out o = { put, NULL };
	uint64_t daif = bh_irq_mask();
	va_list args;

	take();
	va_start(args, format);
	bh_format(&o, format, args);
	va_end(args);
	__atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
	bh_irq_restore(daif);
}

void bh_log(const char *text)
{
	bh_printf("%s\n", text);
}
