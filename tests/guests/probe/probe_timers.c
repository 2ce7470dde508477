/* SPDX-License-Identifier: Apache-2.0 */
/* The architected timers: both fire on their PPIs, are levels, and wake from WFI. */
#include "tests/guests/probe/probe.h"

#define MS(n) (read_reg(cntfrq_el0) / 1000 * (n))

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u

struct timer {
	const char *name; /* set at run time: no pointer in static data */
	uint32_t intid;
	bool physical;
};

static uint64_t count(const struct timer *t)
{
	return t->physical ? read_reg(cntpct_el0) : read_reg(cntvct_el0);
}

static void set_cval(const struct timer *t, uint64_t v)
{
	if (t->physical)
		write_reg(cntp_cval_el0, v);
	else
		write_reg(cntv_cval_el0, v);
	isb();
}

static void set_tval(const struct timer *t, uint64_t v)
{
	if (t->physical)
		write_reg(cntp_tval_el0, v);
	else
		write_reg(cntv_tval_el0, v);
	isb();
}

static uint64_t tval(const struct timer *t)
{
	return t->physical ? read_reg(cntp_tval_el0) : read_reg(cntv_tval_el0);
}

static void set_ctl(const struct timer *t, uint64_t v)
{
	if (t->physical)
		write_reg(cntp_ctl_el0, v);
	else
		write_reg(cntv_ctl_el0, v);
	isb();
}

static uint64_t ctl(const struct timer *t)
{
	isb();
	return t->physical ? read_reg(cntp_ctl_el0) : read_reg(cntv_ctl_el0);
}

static void key(const struct timer *t, const char *what)
{
	put("timer.");
	put(t->name);
	put_char('.');
	put(what);
	put_char(' ');
}

static void ok(const struct timer *t, const char *what, bool good)
{
	key(t, what);
	put(good ? "ok\n" : "WRONG\n");
}

static void fires(const struct timer *t)
{
	uint64_t due = count(t) + MS(2);

	log_reset();
	set_cval(t, due);
	set_ctl(t, CTL_ENABLE);
	interrupts_on();
	ok(t, "fires", log_wait(0, 1) && irq_log[0].intid[0] == t->intid && count(t) >= due);
	interrupts_off();
	log_reset();
	set_tval(t, MS(1));
	set_ctl(t, CTL_ENABLE);
	interrupts_on();
	ok(t, "fires_by_tval", log_wait(0, 1) && irq_log[0].intid[0] == t->intid);
	log_reset();
	set_cval(t, count(t) - 1);
	set_ctl(t, CTL_ENABLE);
	ok(t, "fires_if_past", log_wait(0, 1));
	interrupts_off();
}

static void wakes(const struct timer *t)
{
	uint64_t due = count(t) + MS(3);

	log_reset();
	set_cval(t, due);
	set_ctl(t, CTL_ENABLE);
	while (count(t) < due)
		wfi(); /* masked: it wakes, and nothing is taken */
	ok(t, "wakes_masked_wfi", irq_log[0].n == 0);
	interrupts_on();
	ok(t, "then_is_taken", log_wait(0, 1));
	log_reset();
	set_cval(t, count(t) + MS(3));
	set_ctl(t, CTL_ENABLE);
	for (uint32_t i = 0; i < 100 && !irq_log[0].n; i++)
		wfi();
	ok(t, "wakes_wfi", irq_log[0].n == 1);
	interrupts_off();
}

static void status(const struct timer *t)
{
	set_cval(t, count(t) + MS(10000));
	set_ctl(t, CTL_ENABLE);
	ok(t, "not_due", ctl(t) == CTL_ENABLE && !gic_bit(GICD_ISPENDR, t->intid));
	set_cval(t, 0);
	ok(t, "due", ctl(t) == (CTL_ENABLE | CTL_ISTATUS));
	ok(t, "due_pends", gic_bit(GICD_ISPENDR, t->intid));
	set_ctl(t, CTL_ENABLE | CTL_IMASK);
	ok(t, "masked", ctl(t) == (CTL_ENABLE | CTL_IMASK | CTL_ISTATUS));
	ok(t, "masked_does_not_pend", !gic_bit(GICD_ISPENDR, t->intid));
	set_ctl(t, CTL_ENABLE);
	ok(t, "unmasked_pends", gic_bit(GICD_ISPENDR, t->intid));
	gic_bit_set(GICD_ICPENDR, t->intid);
	ok(t, "level_stays_pending", gic_bit(GICD_ISPENDR, t->intid));
	set_ctl(t, 0);
	ok(t, "off_does_not_pend", !gic_bit(GICD_ISPENDR, t->intid));
	log_reset();
	interrupts_on();
	delay_us(500);
	interrupts_off();
	ok(t, "off_is_not_taken", irq_log[0].n == 0);
	set_tval(t, 0xffffff00u); /* -256: past */
	set_ctl(t, CTL_ENABLE | CTL_IMASK);
	ok(t, "tval_is_signed", (ctl(t) & CTL_ISTATUS) && (int32_t)tval(t) < 0);
	set_ctl(t, 0);
}

static volatile uint32_t taken;

/* Does not silence the timer at once: a level comes again. */
static void take_lazily(void)
{
	uint32_t intid = gic_acknowledge();

	taken = taken + 1;
	if (taken == 3) {
		write_reg(cntv_ctl_el0, 0);
		write_reg(cntp_ctl_el0, 0);
		isb();
	}
	gic_end(intid);
}

static void comes_again(const struct timer *t)
{
	taken = 0;
	irq_handler = take_lazily;
	set_cval(t, 0);
	set_ctl(t, CTL_ENABLE);
	interrupts_on();
	delay_us(1000);
	interrupts_off();
	irq_handler = take_simple;
	key(t, "level_comes_again");
	put_dec(taken);
	put_char('\n');
}

static void periodic(const struct timer *t)
{
	uint64_t due = count(t) + MS(1);

	log_reset();
	interrupts_on();
	for (uint32_t i = 0; i < 20; i++) {
		set_cval(t, due);
		set_ctl(t, CTL_ENABLE);
		while (irq_log[0].n <= i)
			wfi();
		if (count(t) < due)
			break;
		due += MS(1);
	}
	interrupts_off();
	ok(t, "twenty_in_a_row", irq_log[0].n == 20);
}

static void one_timer(const struct timer *t)
{
	gic_enable(t->intid);
	status(t);
	fires(t);
	wakes(t);
	comes_again(t);
	periodic(t);
	gic_disable(t->intid);
}

void probe_timers(void)
{
	struct timer virtual_timer, physical_timer;
	uint64_t a, b, c;

	virtual_timer.name = "virtual";
	virtual_timer.intid = TIMER_VIRTUAL;
	virtual_timer.physical = false;
	physical_timer.name = "physical";
	physical_timer.intid = TIMER_PHYSICAL;
	physical_timer.physical = true;
	say_dec("timer.frequency", read_reg(cntfrq_el0));
	a = read_reg(cntpct_el0);
	isb();
	b = read_reg(cntvct_el0);
	isb();
	c = read_reg(cntpct_el0);
	say_ok("timer.virtual_is_physical", a <= b && b <= c);
	one_timer(&virtual_timer);
	one_timer(&physical_timer);
}
