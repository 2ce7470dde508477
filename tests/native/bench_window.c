/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lengths of the paths at a window's edge, between two partitions that both look at the counter all the time and note when
 * they last did. `left` prints "row NAME MIN MEDIAN" as tests/guests/bench does, on the board's UART, which is its own.
 */
#include "sdk/bulkhead.h"
#include "tests/bench/stamp.h"

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
		seen->right = stamp("begin window_switch window_start window_wake");
}

/* To the frame's end and over it. */
STAMPING void spin(uint64_t edge, uint64_t *start, uint64_t *away)
{
	uint64_t t;

	while ((t = stamp("end window_switch window_start")) < edge)
		;
	*start = t - edge;
	*away = t - seen->right;
}

STAMPING void sleep(uint64_t *woken)
{
	uint64_t due = 0;

	(void)!bh_schedule_wait_frame(0, &due);
	*woken = stamp("end window_wake; drop window_switch window_start") - due;
}

int main(void)
{
	static uint64_t start[ROUNDS], away[ROUNDS], woken[ROUNDS];
	struct bh_shared s;
	struct bh_schedule frame;
	uint64_t events;

	if (bh_shared_find("seen", &s) != BH_OK)
		return 1;
	seen = s.data;
	if (bh_info()->name[0] == 'r')
		spin_right();
	uart = (volatile uint32_t *)(uintptr_t)bh_info_find(BH_INFO_DEVICE, "uart0")->ipa;
	bh_log_to(put);
	(void)!bh_port_wait(0, bh_time_in_ns(5000000), &events); /* meanwhile the other loads */
	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (bh_schedule_read(&frame) != BH_OK)
			return 1;
		spin(frame.frame + frame.length, &start[i], &away[i]);
	}
	for (uint32_t i = 0; i < ROUNDS; i++)
		sleep(&woken[i]); /* by its timer: from now on it takes interrupts */
	sort(start);
	sort(away);
	sort(woken);
	row("window_switch", away[0], away[ROUNDS / 2]);
	row("window_start", start[0], start[ROUNDS / 2]);
	row("window_jitter", start[ROUNDS - 1] - start[0], start[ROUNDS - 1] - start[0]);
	row("window_wake", woken[0], woken[ROUNDS / 2]);
	bh_log("bench done");
	return 0;
}
