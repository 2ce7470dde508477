/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the time that it is given. It reads the counter over and over for many frames, and tells: how long
 * after each frame's start its first instruction ran, how much of each frame it got, and how long after its start it still
 * ran. Of a tenth as many it tells how late it was when it slept until the frame's start, as a control loop does.
 * Two looks that are more than AWAY ticks apart mean that somebody else had the core in between.
 * `lazy` leaves most of its time to others.
 */
#include "sdk/bulkhead.h"

#define FRAMES	10000u
#define LONG_NS 400000u /* of frames longer than this a fifth is enough */
#define SETTLE	100u	/* frames before the first that counts: all have begun */
#define AWAY	200u
#define LAZY_NS 100000u /* of each frame */

static struct {
	uint64_t late, least, most, sum, end; /* ticks */
	uint32_t missed;
} seen = { .least = UINT64_MAX };

static bool lazy;
static uint32_t frames = FRAMES;

/* Not too often: the emulator takes as long for it as for many other instructions. */
static uint64_t look(void)
{
	uint64_t t;

	__asm__ volatile(".rept 24\n\tnop\n\t.endr\n\tmrs %0, cntvct_el0"
			 : "=r"(t));
	return t;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void account(uint64_t late, uint64_t got, uint64_t end, uint64_t length)
{
	seen.late = larger(seen.late, late);
	seen.least = got < seen.least ? got : seen.least;
	seen.most = larger(seen.most, got);
	seen.sum += got;
	seen.end = larger(seen.end, end);
	seen.missed += late >= length;
}

/* From the first look in a frame until the first behind it: that one is answered. */
static uint64_t spin_frame(uint64_t first, uint64_t start, uint64_t length)
{
	uint64_t t = first, u = first, got = 0, end = start + length, enough = bh_time_from_ns(LAZY_NS);

	while ((u = look()) < end) {
		if (u - t <= AWAY)
			got += u - t;
		t = u;
		if (lazy && got >= enough)
			bh_sleep_until(end);
	}
	account(first - start, got, t - start, length);
	return u;
}

static uint64_t spin(uint64_t start, uint64_t length)
{
	uint64_t t;

	bh_sleep_until(start - 2 * length); /* meanwhile all others load */
	while ((t = look()) < start)
		;
	for (uint32_t n = 0; n < frames; n++, start += length)
		t = spin_frame(t, start, length);
	return start;
}

static uint64_t sleep_late(void)
{
	uint64_t most = 0, due;

	for (uint32_t n = 0; n < frames / 10; n++) {
		if (bh_schedule_wait_frame(0, &due) != BH_OK)
			return UINT64_MAX;
		most = larger(most, look() - due);
	}
	return most;
}

static uint32_t ns(uint64_t ticks)
{
	return (uint32_t)bh_time_to_ns(ticks);
}

int main(void)
{
	struct bh_schedule s;
	uint64_t slept;

	lazy = bh_info()->name[0] == 'l';
	if (bh_schedule_read(&s) != BH_OK || !s.length)
		return 1;
	if (s.length > bh_time_from_ns(LONG_NS))
		frames = FRAMES / 5;
	spin(s.epoch + SETTLE * s.length, s.length);
	slept = sleep_late();
	bh_printf("frames %u late %u missed %u got %u %u %u until %u slept %u late %u\n", frames, ns(seen.late), seen.missed,
		  ns(seen.least), ns(seen.sum / frames), ns(seen.most), ns(seen.end), frames / 10, ns(slept));
	for (;;)
		bh_wait();
}
