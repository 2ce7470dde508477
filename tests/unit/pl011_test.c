/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PL011 that clients of a service see does what drivers rely on.
 * sources: services/lib/pl011.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/lib/pl011.h"

static uint32_t shadow[PL011_WORDS];
static struct pl011 p;

static int fresh(void **state)
{
	(void)state;
	memset(shadow, 0, sizeof shadow);
	memset(&p, 0xee, sizeof p);
	pl011_init(&p, shadow);
	return 0;
}

/* What the client reads without a call. */
static uint32_t seen(uint32_t reg)
{
	return shadow[reg / 4];
}

static void reset_values_are_those_of_the_manual(void **state)
{
	static const uint8_t ids[] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(seen(PL011_ID + 4 * i), ids[i]);
	assert_int_equal(seen(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE);
	assert_int_equal(seen(PL011_CR), 0x300);
	assert_int_equal(seen(PL011_IFLS), 0x12);
	assert_int_equal(seen(PL011_RIS), 0);
	assert_int_equal(seen(PL011_IMSC), 0);
	assert_false(pl011_line(&p));
}

static void written_characters_are_sent(void **state)
{
	(void)state;
	assert_int_equal(pl011_write(&p, PL011_DR, 'x'), 'x');
	assert_int_equal(pl011_write(&p, PL011_DR, 0x1ff), 0xff);
	assert_int_equal(pl011_write(&p, PL011_CR, 0x301), -1);
	assert_int_equal(seen(PL011_FR) & (PL011_FR_TXFF | PL011_FR_TXFE), PL011_FR_TXFE);
}

/* A driver that enables the interrupt with nothing sent must not get one: it has nothing to say. */
static void transmit_interrupt_comes_from_sending_not_from_enabling(void **state)
{
	(void)state;
	pl011_write(&p, PL011_IMSC, PL011_INT_TX);
	assert_false(pl011_line(&p));
	pl011_write(&p, PL011_DR, 'a');
	assert_true(pl011_line(&p));
	assert_int_equal(seen(PL011_MIS), PL011_INT_TX);
}

/* Linux: send the first characters, then enable; the interrupt must be there. */
static void transmit_interrupt_waits_behind_the_mask(void **state)
{
	(void)state;
	pl011_write(&p, PL011_DR, 'a');
	assert_int_equal(seen(PL011_RIS), PL011_INT_TX);
	assert_false(pl011_line(&p));
	pl011_write(&p, PL011_IMSC, PL011_INT_TX);
	assert_true(pl011_line(&p));
	pl011_write(&p, PL011_IMSC, 0);
	assert_false(pl011_line(&p));
}

/* RTOS drivers: clear, send the next, and expect to be called again. */
static void transmit_interrupt_is_cleared_and_comes_again(void **state)
{
	(void)state;
	pl011_write(&p, PL011_IMSC, PL011_INT_TX);
	pl011_write(&p, PL011_DR, 'a');
	pl011_write(&p, PL011_ICR, PL011_INT_TX);
	assert_false(pl011_line(&p));
	assert_int_equal(seen(PL011_RIS), 0);
	pl011_write(&p, PL011_DR, 'b');
	assert_true(pl011_line(&p));
}

static void a_received_character_interrupts_by_either_enable(void **state)
{
	static const uint32_t enables[] = { PL011_INT_RX, PL011_INT_RT };

	for (uint32_t i = 0; i < 2; i++) {
		fresh(state);
		pl011_write(&p, PL011_IMSC, enables[i]);
		assert_true(pl011_receive(&p, 'k'));
		assert_true(pl011_line(&p));
		assert_int_equal(seen(PL011_FR) & PL011_FR_RXFE, 0);
		assert_int_equal(pl011_read(&p, PL011_DR), 'k');
		assert_false(pl011_line(&p));
		assert_int_equal(seen(PL011_FR) & PL011_FR_RXFE, PL011_FR_RXFE);
	}
}

static void characters_come_in_order_and_the_line_stays_until_the_last(void **state)
{
	(void)state;
	pl011_write(&p, PL011_IMSC, PL011_INT_RX | PL011_INT_RT);
	for (uint8_t i = 0; i < 100; i++)
		assert_true(pl011_receive(&p, i));
	for (uint8_t i = 0; i < 100; i++) {
		assert_true(pl011_line(&p));
		assert_int_equal(pl011_read(&p, PL011_DR), i);
	}
	assert_false(pl011_line(&p));
	assert_int_equal(pl011_read(&p, PL011_DR), 0);
}

static void a_character_after_a_clear_interrupts_again(void **state)
{
	(void)state;
	pl011_write(&p, PL011_IMSC, PL011_INT_RX);
	pl011_receive(&p, 'a');
	pl011_write(&p, PL011_ICR, PL011_INT_RX);
	assert_false(pl011_line(&p));
	pl011_receive(&p, 'b');
	assert_true(pl011_line(&p));
}

static void a_full_fifo_loses_the_newest_and_says_so(void **state)
{
	uint32_t n = 0;

	(void)state;
	while (pl011_receive(&p, (uint8_t)n))
		n++;
	assert_int_equal(n, PL011_RX_DEEP);
	assert_int_equal(seen(PL011_FR) & PL011_FR_RXFF, PL011_FR_RXFF);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(pl011_read(&p, PL011_DR), i & 0xff);
	assert_int_equal(seen(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE);
}

static void enabling_the_fifos_empties_them(void **state)
{
	(void)state;
	pl011_write(&p, PL011_IMSC, PL011_INT_RX);
	pl011_receive(&p, 'a');
	pl011_write(&p, PL011_LCR_H, 0x70);
	assert_false(pl011_line(&p));
	assert_int_equal(seen(PL011_FR) & PL011_FR_RXFE, PL011_FR_RXFE);
	pl011_receive(&p, 'b');
	pl011_write(&p, PL011_LCR_H, 0x70);
	assert_int_equal(pl011_read(&p, PL011_DR), 'b');
}

static void loopback_receives_what_is_sent(void **state)
{
	(void)state;
	pl011_write(&p, PL011_CR, 0x301 | PL011_CR_LBE);
	assert_int_equal(pl011_write(&p, PL011_DR, 'l'), -1);
	assert_int_equal(pl011_read(&p, PL011_DR), 'l');
}

static void stored_registers_read_back_what_they_have_room_for(void **state)
{
	static const struct {
		uint32_t reg, bits;
	} t[] = { { PL011_IBRD, 0xffff }, { PL011_FBRD, 0x3f }, { PL011_LCR_H, 0xff }, { PL011_CR, 0xffff }, { PL011_IFLS, 0x3f }, { PL011_IMSC, 0x7ff } };

	(void)state;
	for (uint32_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		pl011_write(&p, t[i].reg, 0xffffffff);
		assert_int_equal(seen(t[i].reg), t[i].bits);
		assert_int_equal(pl011_read(&p, t[i].reg), t[i].bits);
	}
}

static void read_only_and_unknown_registers_do_not_change(void **state)
{
	uint32_t before[PL011_WORDS];

	(void)state;
	memcpy(before, shadow, sizeof before);
	for (uint32_t o = 0; o < 0x10000; o++) {
		if (o == PL011_DR || (o >= PL011_ILPR && o <= PL011_IMSC) || o == PL011_DMACR)
			continue;
		assert_int_equal(pl011_write(&p, o, 0xffffffff), -1);
		pl011_read(&p, o);
	}
	assert_memory_equal(before, shadow, sizeof before);
}

/* The service starts again beside a client that goes on. */
static void a_new_life_keeps_the_registers_and_forgets_the_characters(void **state)
{
	(void)state;
	pl011_write(&p, PL011_IMSC, PL011_INT_RX | PL011_INT_TX);
	pl011_write(&p, PL011_CR, 0x301);
	pl011_write(&p, PL011_DR, 'a');
	pl011_receive(&p, 'b');
	memset(&p, 0xee, sizeof p);
	pl011_init(&p, shadow);
	assert_int_equal(seen(PL011_IMSC), PL011_INT_RX | PL011_INT_TX);
	assert_int_equal(seen(PL011_CR), 0x301);
	assert_int_equal(seen(PL011_MIS), PL011_INT_TX);
	assert_int_equal(seen(PL011_FR), PL011_FR_TXFE | PL011_FR_RXFE);
	assert_true(pl011_line(&p));
}

static void a_reset_forgets_everything(void **state)
{
	(void)state;
	pl011_write(&p, PL011_IMSC, 0x7ff);
	pl011_write(&p, PL011_DR, 'a');
	pl011_receive(&p, 'b');
	pl011_reset(&p);
	reset_values_are_those_of_the_manual(state);
	assert_int_equal(pl011_read(&p, PL011_DR), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_values_are_those_of_the_manual, fresh),
		cmocka_unit_test_setup(written_characters_are_sent, fresh),
		cmocka_unit_test_setup(transmit_interrupt_comes_from_sending_not_from_enabling, fresh),
		cmocka_unit_test_setup(transmit_interrupt_waits_behind_the_mask, fresh),
		cmocka_unit_test_setup(transmit_interrupt_is_cleared_and_comes_again, fresh),
		cmocka_unit_test_setup(a_received_character_interrupts_by_either_enable, fresh),
		cmocka_unit_test_setup(characters_come_in_order_and_the_line_stays_until_the_last, fresh),
		cmocka_unit_test_setup(a_character_after_a_clear_interrupts_again, fresh),
		cmocka_unit_test_setup(a_full_fifo_loses_the_newest_and_says_so, fresh),
		cmocka_unit_test_setup(enabling_the_fifos_empties_them, fresh),
		cmocka_unit_test_setup(loopback_receives_what_is_sent, fresh),
		cmocka_unit_test_setup(stored_registers_read_back_what_they_have_room_for, fresh),
		cmocka_unit_test_setup(read_only_and_unknown_registers_do_not_change, fresh),
		cmocka_unit_test_setup(a_new_life_keeps_the_registers_and_forgets_the_characters, fresh),
		cmocka_unit_test_setup(a_reset_forgets_everything, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
