/* SPDX-License-Identifier: Apache-2.0 */
/* The GIC's registers: identity, what bits are implemented, what reads back. */
#include "tests/guests/probe/probe.h"

#define SPI 100u

static void identity(void)
{
	uint32_t typer = *reg32(GICD + GICD_TYPER);
	uint64_t rd = *reg64(GICR + GICR_TYPER);

	say_dec("gicd.typer.lines", ((typer & 0x1f) + 1) * 32);
	say_dec("gicd.typer.security", typer >> 10 & 1);
	say_dec("gicd.typer.mbis", typer >> 16 & 1);
	say_dec("gicd.typer.lpis", typer >> 17 & 1);
	say_dec("gicd.typer.idbits", typer >> 19 & 0x1f);
	say_dec("gicd.typer.no1n", typer >> 25 & 1);
	say_hex("gicd.iidr", *reg32(GICD + GICD_IIDR));
	say_dec("gicd.pidr2.archrev", *reg32(GICD + GICD_PIDR2) >> 4 & 0xf);
	say_hex("gicd.ctlr", *reg32(GICD + GICD_CTLR));
	say_dec("gicr.pidr2.archrev", *reg32(GICR + GICD_PIDR2) >> 4 & 0xf);
	say_dec("gicr.typer.affinity", rd >> 32);
	say_dec("gicr.typer.number", rd >> 8 & 0xffff);
	say_dec("gicr.typer.last", rd >> 4 & 1);
	say_dec("gicr.typer.plpis", rd & 1);
	say_dec("gicr1.typer.last", *reg64(GICR + 0x20000 + GICR_TYPER) >> 4 & 1);
	say_dec("gicr1.typer.affinity", *reg64(GICR + 0x20000 + GICR_TYPER) >> 32);
	say_hex("gicr.waker", *reg32(GICR + GICR_WAKER));
}

static void interface(void)
{
	uint64_t ctlr = read_reg(S3_0_C12_C12_4);

	say_dec("icc.ctlr.pribits", (ctlr >> 8 & 7) + 1);
	say_dec("icc.ctlr.idbits", ctlr >> 11 & 7);
	say_dec("icc.ctlr.a3v", ctlr >> 15 & 1);
	say_dec("icc.ctlr.rss", ctlr >> 18 & 1);
	say_hex("icc.sre", read_reg(S3_0_C12_C12_5));
	write_reg(S3_0_C12_C12_5, 0);
	isb();
	say_hex("icc.sre.stays", read_reg(S3_0_C12_C12_5));
	write_reg(S3_0_C4_C6_0, 0xff);
	isb();
	say_hex("icc.pmr.bits", read_reg(S3_0_C4_C6_0));
	write_reg(S3_0_C4_C6_0, 0x57);
	isb();
	say_hex("icc.pmr.57", read_reg(S3_0_C4_C6_0));
	write_reg(S3_0_C4_C6_0, 0xff);
	for (uint32_t b = 0; b < 8; b++) {
		write_reg(S3_0_C12_C12_3, b);
		isb();
		put(b ? " " : "icc.bpr1 ");
		put_dec(read_reg(S3_0_C12_C12_3));
	}
	put_char('\n');
	write_reg(S3_0_C12_C12_3, 0);
	write_reg(S3_0_C12_C8_3, 0);
	isb();
	say_dec("icc.bpr0.least", read_reg(S3_0_C12_C8_3));
	say_hex("icc.rpr.idle", read_reg(S3_0_C12_C11_3));
	say_dec("icc.hppir1.idle", read_reg(S3_0_C12_C12_2));
	say_dec("icc.iar1.idle", read_reg(S3_0_C12_C12_0));
	say_dec("icc.iar0.idle", read_reg(S3_0_C12_C8_0));
	say_hex("icc.ap1r0.idle", read_reg(S3_0_C12_C9_0));
}

static void read_back(const char *key, uint32_t reg, uint32_t value)
{
	volatile uint32_t *r = reg32(GICD + reg);
	uint32_t before = *r;

	*r = value;
	put("gicd.");
	say_hex(key, *r);
	*r = before;
}

static void one_bit_files(void)
{
	uint32_t at = SPI / 32 * 4, bit = 1u << SPI % 32;

	read_back("igroupr", GICD_IGROUPR + at, 0x5a5a5a5a);
	read_back("igrpmodr", 0xd00 + at, 0xffffffff);
	read_back("nsacr", 0xe00 + SPI / 16 * 4, 0xffffffff);
	read_back("icfgr", GICD_ICFGR + SPI / 16 * 4, 0xaaaaaaaa);
	read_back("icfgr.low_bits", GICD_ICFGR + SPI / 16 * 4, 0x55555555);
	read_back("ipriorityr", GICD_IPRIORITYR + SPI, 0xff07f810);
	read_back("itargetsr", 0x800 + SPI, 0xffffffff);
	read_back("first_word.isenabler", GICD_ISENABLER, 0xffffffff);
	read_back("first_word.igroupr", GICD_IGROUPR, 0xffffffff);
	read_back("first_word.ipriorityr", GICD_IPRIORITYR, 0xffffffff);
	gic_bit_set(GICD_ISENABLER, SPI);
	say_hex("gicd.isenabler", *reg32(GICD + GICD_ISENABLER + at));
	say_hex("gicd.icenabler", *reg32(GICD + GICD_ICENABLER + at));
	*reg32(GICD + GICD_ISENABLER + at) = 0;
	*reg32(GICD + GICD_ICENABLER + at) = ~bit;
	say_hex("gicd.isenabler.kept", *reg32(GICD + GICD_ISENABLER + at));
	gic_disable(SPI);
	say_hex("gicd.isenabler.cleared", *reg32(GICD + GICD_ISENABLER + at));
	*reg8(GICD + GICD_IPRIORITYR + SPI + 1) = 0x48;
	say_hex("gicd.ipriorityr.by_byte", *reg32(GICD + GICD_IPRIORITYR + SPI));
	say_hex("gicd.ipriorityr.byte", *reg8(GICD + GICD_IPRIORITYR + SPI + 1));
	say_hex("gicd.beyond_lines", *reg32(GICD + GICD_ISENABLER + 9 * 4));
}

static void routing(void)
{
	volatile uint64_t *r = reg64(GICD + GICD_IROUTER + SPI * 8);

	*r = 1;
	say_hex("gicd.irouter.core1", *r);
	*r = 1ull << 31;
	say_hex("gicd.irouter.any", *r);
	*r = 0xff00ffffffull;
	say_hex("gicd.irouter.nobody", *r);
	*reg32(GICD + GICD_IROUTER + SPI * 8) = 0;
	*reg32(GICD + GICD_IROUTER + SPI * 8 + 4) = 0;
	say_hex("gicd.irouter.by_halves", *r);
}

static void redistributor(void)
{
	uint64_t sgi = GICR + 0x10000;

	*reg32(sgi + GICD_ISENABLER) = 0x0800ffff;
	say_hex("gicr.isenabler", *reg32(sgi + GICD_ISENABLER));
	*reg32(sgi + GICD_ICENABLER) = 0xffffffff;
	say_hex("gicr.isenabler.cleared", *reg32(sgi + GICD_ISENABLER));
	say_hex("gicr.icfgr0", *reg32(sgi + GICD_ICFGR));
	*reg32(sgi + GICD_ICFGR) = 0;
	say_hex("gicr.icfgr0.fixed", *reg32(sgi + GICD_ICFGR));
	say_hex("gicr.icfgr1", *reg32(sgi + GICD_ICFGR + 4));
	*reg32(sgi + GICD_IPRIORITYR + 28) = 0xff07f810;
	say_hex("gicr.ipriorityr", *reg32(sgi + GICD_IPRIORITYR + 28));
	*reg32(sgi + GICD_IPRIORITYR + 28) = 0xa0a0a0a0;
}

void probe_gic_registers(void)
{
	identity();
	interface();
	one_bit_files();
	routing();
	redistributor();
}
