/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A health record as a sentence: who, what, from which instruction, and why it was refused. Each
 * event has a function of a few lines; the numbers it does not know are shown as numbers.
 */
#include "lib/record_text.h"

#include "abi/blob.h"
#include "abi/call.h"
#include "abi/health.h"
#include "abi/status.h"
#include "abi/stub.h"

struct text {
	char *to;
	uint32_t size, used;
};

static void put_char(struct text *t, char c)
{
	if (t->used + 1 < t->size)
		t->to[t->used++] = c;
}

/* Not inlined, nor are the next two: hundreds of words are put, and none is in a hurry. */
static __attribute__((noinline)) void put(struct text *t, const char *s)
{
	while (*s)
		put_char(t, *s++);
}

static __attribute__((noinline)) void put_dec(struct text *t, uint64_t v)
{
	char digit[20];
	uint32_t n = 0;

	do {
		digit[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		put_char(t, digit[--n]);
}

/* With at least that many digits. */
static __attribute__((noinline)) void put_hex(struct text *t, uint64_t v, uint32_t digits)
{
	uint32_t n = 16;

	while (n > digits && !(v >> (n - 1) * 4))
		n--;
	put(t, "0x");
	while (n--)
		put_char(t, "0123456789abcdef"[v >> n * 4 & 0xf]);
}

static void put_who(struct text *t, const struct bh_record *r)
{
	put(t, "vCPU ");
	put_dec(t, r->vcpu);
	put(t, " ");
}

static void put_pc(struct text *t, const struct bh_record *r)
{
	if (!r->pc)
		return;
	put(t, " at pc ");
	put_hex(t, r->pc, 8);
}

/* "wrote 4 bytes to 0x09050000 at pc 0x40000124" */
static void put_access(struct text *t, const struct bh_record *r)
{
	uint64_t bytes = r->value & 0xff;

	put_who(t, r);
	if (r->value & BH_ACCESS_FETCH) {
		put(t, "fetched an instruction from ");
	} else {
		put(t, r->value & BH_ACCESS_WRITE ? "wrote " : "read ");
		if (bytes) {
			put_dec(t, bytes);
			put(t, bytes == 1 ? " byte " : " bytes ");
		}
		put(t, r->value & BH_ACCESS_WRITE ? "to " : "from ");
	}
	if (r->value & BH_ACCESS_NO_ADDR)
		put(t, "an address that is not known");
	else
		put_hex(t, r->address, 8);
	put_pc(t, r);
}

static void put_fault(struct text *t, uint64_t kind)
{
	switch (kind) {
	case BH_FAULT_ACCESS: put(t, "for its access to memory"); break;
	case BH_FAULT_CALL: put(t, "for the call it made"); break;
	case BH_FAULT_INSTRUCTION: put(t, "for the instruction it used"); break;
	case BH_FAULT_WATCHDOG: put(t, "by its watchdog"); break;
	case BH_FAULT_DEADLINE: put(t, "for a deadline it missed"); break;
	case BH_FAULT_BUDGET: put(t, "for its budget, which is used up"); break;
	case BH_FAULT_PANIC: put(t, "since it cannot go on"); break;
	case BH_FAULT_SILENT: put(t, "for not answering"); break;
	case BH_FAULT_HARDWARE: put(t, "for a hardware error"); break;
	default: put(t, "by the health policy, fault "); put_dec(t, kind);
	}
}

static void put_why(struct text *t, uint64_t value)
{
	uint64_t why = value & 0xff;

	switch (why) {
	case BH_STOP_OFF: put(t, "stopped: it asked to be switched off"); break;
	case BH_STOP_RESET: put(t, "stopped: it asked for a restart"); break;
	case BH_STOP_CPU_OFF: put(t, "stopped: it switched its last vCPU off"); break;
	case BH_STOP_FAULT:
		put(t, "stopped: ");
		put_fault(t, value >> 8 & 0xff);
		break;
	case BH_STOP_ORDER: put(t, "stopped: by a partition that controls it"); break;
	case BH_STOP_BOOT: put(t, "stopped: it could not be loaded"); break;
	default: put(t, "stopped: reason "); put_dec(t, why);
	}
}

static void put_stop(struct text *t, uint64_t value)
{
	put_why(t, value);
	if (value & BH_STOP_THEN_WARM)
		put(t, "; it starts again, and keeps what its memory holds");
	else if (value & BH_STOP_THEN_RESTART)
		put(t, "; it starts again");
}

/* "; nearest: RAM, from 0x40000000" */
static void put_near(struct text *t, const struct bh_record *r)
{
	static const char *const kinds[] = {
		[BH_REGION_RAM] = "RAM",
		[BH_REGION_DEVICE] = "a device",
		[BH_REGION_EMULATED] = "an emulated device",
		[BH_REGION_CONST] = "read-only memory",
		[BH_REGION_WINDOW] = "a window",
		[BH_REGION_SHARED] = "shared memory",
	};

	if (r->near_kind < BH_REGION_RAM || r->near_kind > BH_REGION_SHARED)
		return;
	put(t, "; nearest: ");
	put(t, kinds[r->near_kind]);
	put(t, ", from ");
	put_hex(t, r->near, 8);
}

static void put_us(struct text *t, uint64_t ns)
{
	put_dec(t, ns / 1000);
	put(t, " us");
}

/* ISS of a trapped MSR, MRS or system instruction (Arm DDI 0487, ESR_ELx, EC 0x18). */
static void put_sysreg(struct text *t, const struct bh_record *r)
{
	uint64_t iss = r->address;

	put_who(t, r);
	if (r->value != 0x18) {
		put(t, "used a trapped instruction of class ");
		put_hex(t, r->value, 2);
		put(t, ", syndrome ");
		put_hex(t, iss, 7);
	} else {
		put(t, iss & 1 ? "read S" : "wrote S");
		put_dec(t, iss >> 20 & 3);
		put(t, "_");
		put_dec(t, iss >> 14 & 7);
		put(t, "_C");
		put_dec(t, iss >> 10 & 15);
		put(t, "_C");
		put_dec(t, iss >> 1 & 15);
		put(t, "_");
		put_dec(t, iss >> 17 & 7);
	}
	put_pc(t, r);
	put(t, "; a partition may not use that register");
}

static void put_status(struct text *t, int32_t status)
{
	switch (status) {
	case BH_E_UNKNOWN: put(t, "there is no such call"); break;
	case BH_E_CAP: put(t, "its table has no such entry of that kind"); break;
	case BH_E_RIGHT: put(t, "its entry does not hold that right"); break;
	case BH_E_ARG: put(t, "an argument is out of range"); break;
	case BH_E_STATE: put(t, "not allowed in this state"); break;
	case BH_E_AGAIN: put(t, "full or empty"); break;
	case BH_E_TIMEOUT: put(t, "the time ran out"); break;
	case BH_E_PEER: put(t, "the other end does not run"); break;
	default: put(t, "status "); put_hex(t, (uint64_t)(int64_t)status, 1);
	}
}

/* Its calls by number; each with what its first argument is: a 'p'ort, a 'c'apability, or neither. */
static const char calls[][14] = {
	"-VERSION",
	"-BOOT_DONE",
	"-BOOT_FAILED",
	"cEMUL_ANSWER",
	"cEMUL_ROOM",
	"cEMUL_LINE",
	"pSIGNAL",
	"pSEND",
	"pRECEIVE",
	"-WAIT",
	"pCALL",
	"pREPLY",
	"pSERVE",
	"pPORT_STATE",
	"cCONTROL",
	"cSET_MODE",
	"-FRAME",
	"-FEED",
	"-DEADLINE",
	"-PANIC",
	"-SELF",
	"cLOOK",
	"cRESET",
	"cINSPECT",
	"cREGISTERS",
	"cSET_REGISTER",
	"cDEBUG",
};

/* "called SEND on port 7": bits 32-63 of the value are the first argument. */
static void put_function(struct text *t, const struct bh_record *r)
{
	uint64_t n = r->address - BH_CALL(0);

	if (n >= sizeof(calls) / sizeof(calls[0])) {
		put(t, "made call ");
		put_hex(t, r->address, 8);
		return;
	}
	put(t, "called ");
	put(t, calls[n] + 1);
	if (calls[n][0] == '-')
		return;
	put(t, calls[n][0] == 'p' ? " on port " : " with capability ");
	put_dec(t, r->value >> 32);
}

static void put_call(struct text *t, const struct bh_record *r)
{
	put_who(t, r);
	put_function(t, r);
	put_pc(t, r);
	put(t, ", refused: ");
	put_status(t, (int32_t)r->value);
}

static void put_boot(struct text *t, const struct bh_record *r)
{
	put(t, "could not be loaded: ");
	switch (r->value) {
	case BH_BOOT_E_PARAMS: put(t, "the boot stub's parameters are not of its version"); return;
	case BH_BOOT_E_CRC: put(t, "the image is damaged: wrong checksum in"); break;
	case BH_BOOT_E_OP: put(t, "the boot stub could not do"); break;
	default:
		put(t, "error ");
		put_dec(t, r->value);
		put(t, " in");
	}
	put(t, " operation ");
	put_dec(t, r->address);
}

static void put_number(struct text *t, const struct bh_record *r, const char *what)
{
	put_who(t, r);
	put(t, what);
	put_pc(t, r);
	put(t, ", syndrome ");
	put_hex(t, r->value, 8);
}

static void put_event(struct text *t, const struct bh_record *r)
{
	switch (r->event) {
	case BH_EVENT_START: put(t, "begins to load"); break;
	case BH_EVENT_RUN:
		put(t, "runs from ");
		put_hex(t, r->value, 8);
		break;
	case BH_EVENT_STOP: put_stop(t, r->value); break;
	case BH_EVENT_ACCESS:
		put_access(t, r);
		put(t, "; nothing is declared there");
		put_near(t, r);
		break;
	case BH_EVENT_PERMISSION:
		put_access(t, r);
		put(t, "; what is declared there does not permit it");
		break;
	case BH_EVENT_SYSREG: put_sysreg(t, r); break;
	case BH_EVENT_CALL: put_call(t, r); break;
	case BH_EVENT_BOOT: put_boot(t, r); break;
	case BH_EVENT_SYNDROME:
		put_access(t, r);
		put(t, "; an emulated register takes only plain loads and stores (no pair, write-back, exclusive)");
		break;
	case BH_EVENT_SERVER:
		put_access(t, r);
		put(t, "; the partition that answers there does not run");
		break;
	case BH_EVENT_SERROR: put_number(t, r, "caused an asynchronous abort"); break;
	case BH_EVENT_OTHER: put_number(t, r, "caused an exception that nothing is declared for"); break;
	case BH_EVENT_WATCHDOG: put(t, r->value ? "fed its watchdog too early" : "did not feed its watchdog in time"); break;
	case BH_EVENT_DEADLINE:
		put(t, "missed a deadline by ");
		put_dec(t, r->value);
		put(t, " ticks or more");
		break;
	case BH_EVENT_BUDGET: put(t, "has used its budget up"); break;
	case BH_EVENT_PANIC:
		put_who(t, r);
		put(t, "says that it cannot go on, code ");
		put_hex(t, r->value, 1);
		put_pc(t, r);
		break;
	case BH_EVENT_SILENT:
		put(t, "does not answer partition ");
		put_dec(t, r->address);
		put(t, ", which has waited for ");
		put_dec(t, r->value);
		put(t, " ticks");
		break;
	case BH_EVENT_LIMIT:
		put(t, "stays off: more than ");
		put_dec(t, r->value);
		put(t, r->value == 1 ? " restart in " : " restarts in ");
		put_us(t, r->address);
		break;
	case BH_EVENT_MODE:
		put(t, "has the mode changed, to number ");
		put_dec(t, r->value);
		break;
	default:
		put_number(t, r, "caused an unknown event");
		put(t, ", number ");
		put_dec(t, r->event);
	}
}

uint32_t record_text(char *buf, uint32_t size, const struct bh_record *r, const char *partition)
{
	struct text t = { .to = buf, .size = size };

	put(&t, partition);
	put(&t, ": ");
	put_event(&t, r);
	if (r->repeats) {
		put(&t, " (before: ");
		put_dec(&t, r->repeats);
		put(&t, r->repeats == 1 ? " more event, equal or too many)" : " more events, equal or too many)");
	}
	buf[t.used] = 0;
	return t.used;
}
