/* SPDX-License-Identifier: Apache-2.0 */
/* Made anew for each piece that is asked for: what lies outside of it is left out. */
#include "services/monitor/gdb_xml.h"

struct piece {
	struct gdb_writer *to;
	uint64_t at, begin, end;
};

static void put(struct piece *p, const char *text)
{
	for (; *text; text++, p->at++)
		if (p->at >= p->begin && p->at < p->end)
			gdb_write_char(p->to, *text);
}

/* <reg name="x12" bitsize="64"/>, with a type or none. */
static void put_register(struct piece *p, const char *prefix, uint32_t number, const char *rest)
{
	char digits[3] = { (char)('0' + number / 10), (char)('0' + number % 10), 0 };

	put(p, "<reg name=\"");
	put(p, prefix);
	put(p, number < 10 ? digits + 1 : digits);
	put(p, rest);
}

static void put_core(struct piece *p)
{
	put(p, "<feature name=\"org.gnu.gdb.aarch64.core\">\n");
	for (uint32_t i = 0; i <= 30; i++)
		put_register(p, "x", i, "\" bitsize=\"64\"/>\n");
	put(p, "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>\n"
	       "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>\n"
	       "<reg name=\"cpsr\" bitsize=\"32\"/>\n"
	       "</feature>\n");
}

static void put_fpu(struct piece *p)
{
	put(p, "<feature name=\"org.gnu.gdb.aarch64.fpu\">\n"
	       "<vector id=\"doubles\" type=\"ieee_double\" count=\"2\"/>\n"
	       "<vector id=\"floats\" type=\"ieee_single\" count=\"4\"/>\n"
	       "<vector id=\"words\" type=\"uint64\" count=\"2\"/>\n"
	       "<vector id=\"bytes\" type=\"uint8\" count=\"16\"/>\n"
	       "<union id=\"vector\">"
	       "<field name=\"d\" type=\"doubles\"/><field name=\"s\" type=\"floats\"/>"
	       "<field name=\"u\" type=\"words\"/><field name=\"b\" type=\"bytes\"/><field name=\"q\" type=\"uint128\"/>"
	       "</union>\n");
	for (uint32_t i = 0; i <= 31; i++)
		put_register(p, "v", i, "\" bitsize=\"128\" type=\"vector\"/>\n");
	put(p, "<reg name=\"fpsr\" bitsize=\"32\"/>\n"
	       "<reg name=\"fpcr\" bitsize=\"32\"/>\n"
	       "</feature>\n");
}

bool gdb_xml(struct gdb_writer *w, uint64_t offset, uint64_t n)
{
	struct piece p = { .to = w, .begin = offset, .end = offset + n };

	put(&p, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
		"<target version=\"1.0\">\n<architecture>aarch64</architecture>\n");
	put_core(&p);
	put_fpu(&p);
	put(&p, "</target>\n");
	return p.at <= p.end;
}
