/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lengths of the paths at a window's edge, between two partitions that both look at the counter all the time and note when
 * they last did. `left` prints "row NAME MIN MEDIAN" as tests/guests/bench does, on the board's UART, which is its own.
 */
#include "sdk/bulkhead.h"

#define ROUNDS 501u

struct seen {
	uint64_t left, right; /* when each looked last, ticks */
};

static volatile struct seen *seen;
static volatile uint32_t *uart;

#define UART_DR 0
#define UART_FR 6
#define FR_TXFF 0x20u

static void put_char(char c)
{
	while (uart[UART_FR] & FR_TXFF)
		;
	uart[UART_DR] = (uint8_t)c;
}

static void put(char c)
{
	if (c == '\n')
		put_char('\r');
	put_char(c);
}

static uint64_t look(void)
{
	uint64_t t;

	__asm__ volatile("mrs %0, cntvct_el0"
			 : "=r"(t));
	return t;
}

static void sort(uint64_t *s)
{
	for (uint32_t i = 1; i < ROUNDS; i++) {
		uint64_t v = s[i];
		uint32_t k = i;

		for (; k && s[k - 1] > v; k--)
			s[k] = s[k - 1];
		s[k] = v;
	}
}

static void row(const char *name, uint64_t least, uint64_t median)
{
	bh_printf("row %s %llu %llu\n", name, (unsigned long long)least, (unsigned long long)median);
}

static void spin_right(void)
{
	for (;;)
		seen->right = look();
}

/* To the frame's end and over it. */
static void spin(uint64_t *start, uint64_t *away)
{
	struct bh_schedule s;
	uint64_t t, edge;

	if (bh_schedule_read(&s) != BH_OK)
		return;
	edge = s.frame + s.length;
	for (uint32_t i = 0; i < ROUNDS; i++, edge += s.length) {
		while ((t = look()) < edge)
			;
		start[i] = t - edge;
		away[i] = t - seen->right;
	}
}

static void sleep(uint64_t *woken)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t due = 0;

		(void)!bh_schedule_wait_frame(0, &due);
		woken[i] = look() - due;
	}
}

int main(void)
{
	static uint64_t start[ROUNDS], away[ROUNDS];
	struct bh_shared s;

	if (bh_shared_find("seen", &s) != BH_OK)
		return 1;
	seen = s.data;
	if (bh_info()->name[0] == 'r')
		spin_right();
	uart = (volatile uint32_t *)(uintptr_t)bh_info_find(BH_INFO_DEVICE, "uart0")->ipa;
	bh_log_to(put);
	bh_sleep_until(bh_time_in_ns(5000000)); /* meanwhile the other loads */
	spin(start, away);
	sort(start);
	sort(away);
	row("window_switch", away[0], away[ROUNDS / 2]);
	row("window_start", start[0], start[ROUNDS / 2]);
	row("window_jitter", start[ROUNDS - 1] - start[0], start[ROUNDS - 1] - start[0]);
	sleep(start);
	sort(start);
	row("window_wake", start[0], start[ROUNDS / 2]);
	bh_log("bench done");
	return 0;
}
