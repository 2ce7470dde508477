/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run-time of the test guests: freestanding EL1 programs for the address map of QEMU's `virt`
 * machine. The same file runs on the bare machine (entered at EL1, or at EL2, where it leaves a
 * small stub that answers HVC) and in a partition. Entered as the arm64 boot protocol says, with
 * the MMU off; guest_main() runs with it on: device memory below 1 GiB, RAM above, all identical.
 *
 * There is no allocator, no varargs (they would use FP registers) and no pointer in static data.
 */
#ifndef TESTS_GUESTS_GUEST_H
#define TESTS_GUESTS_GUEST_H

#define GUEST_STACK_BYTES 16384
#define GUEST_CORES	  8

/* Offsets into struct frame, for guest_start.S. */
#define FRAME_BYTES 288

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define read_reg(name)                                      \
	({                                                  \
		uint64_t value_;                            \
		__asm__ volatile("mrs %0, " #name           \
				 : "=r"(value_)::"memory"); \
		value_;                                     \
	})
#define write_reg(name, value) __asm__ volatile("msr " #name ", %x0" ::"rZ"((uint64_t)(value)) \
						: "memory")
#define isb() __asm__ volatile("isb" :: \
				       : "memory")
#define dsb() __asm__ volatile("dsb sy" :: \
				       : "memory")
/* Loops that wait must contain this: under instruction counting the emulator changes cores here. */
#define relax() __asm__ volatile("yield" :: \
					 : "memory")
#define wfi() __asm__ volatile("dsb sy\n\twfi" :: \
				       : "memory")
#define interrupts_on() __asm__ volatile("msr daifclr, #2" :: \
						 : "memory")
#define interrupts_off() __asm__ volatile("msr daifset, #2" :: \
						  : "memory")

struct frame {
	uint64_t x[31];
	uint64_t elr, spsr, esr, far;
	uint64_t kind; /* vector's number, 0-15 */
};

/* --- the image supplies these --- */

/* On core 0, interrupts masked. Returning switches the machine, or the partition, off. */
void guest_main(void);

/* Entered at EL2 only, before the drop to EL1, MMU off. The default does nothing. */
void guest_el2(uint64_t fdt);

/* --- guest_start.S --- */

extern const char guest_header[];  /* the image's first byte */
extern uint64_t guest_entry_ticks; /* CNTVCT_EL0 at the image's second instruction */
extern uint64_t guest_fdt;	   /* x0 at entry */
extern uint64_t guest_entry_el;	   /* 1 or 2 */

/* Physical start for PSCI CPU_ON; x0 = the C function for guest_secondary, called on the core's own stack with the MMU on. */
void guest_secondary(void);

extern void (*volatile irq_handler)(void);	       /* IRQ, current EL; x0-x18 are saved */
extern void (*volatile fiq_handler)(void);	       /* FIQ likewise */
extern void (*volatile sync_handler)(struct frame *f); /* any other exception; NULL: report and stop */

/* Copies n instructions to a page of RAM of its own and makes them executable. */
void guest_sync_code(void *code, size_t bytes);

/* --- guest_exception.c --- */

/* Arm, do one thing that may fault, look: the faulting instruction is skipped. */
struct caught {
	uint64_t count, esr, far, elr;
};
extern volatile struct caught caught; /* of core 0 */
void catch_start(void);
bool catch_end(void); /* true: at least one exception was taken */

#define ESR_EC(esr) ((uint32_t)((esr) >> 26) & 0x3fu)

void guest_report(const struct frame *f) __attribute__((noreturn));

/* --- guest_print.c: PL011 at 0x09000000 --- */

void uart_init(void);
void put_char(char c);
void put(const char *s);
void put_hex(uint64_t v);
void put_dec(uint64_t v);
void say(const char *key, const char *value); /* "key value" and a new line */
void say_hex(const char *key, uint64_t value);
void say_dec(const char *key, uint64_t value);
void say_ok(const char *key, bool ok); /* "ok" or "WRONG" */

/* --- guest_psci.c --- */

struct answer {
	uint64_t x[4];
};
struct answer call_hvc(uint64_t f, uint64_t a, uint64_t b, uint64_t c);
struct answer call_smc(uint64_t f, uint64_t a, uint64_t b, uint64_t c);
/* PSCI by what the place offers: SMC where EL2 was ours, else HVC. */
int64_t psci(uint64_t f, uint64_t a, uint64_t b, uint64_t c);
bool in_partition(void);
int64_t core_start(uint32_t core, void (*run)(void));
void core_stop(void) __attribute__((noreturn));
void power_off(void) __attribute__((noreturn));

#define PSCI_VERSION	    0x84000000u
#define PSCI_CPU_SUSPEND    0xc4000001u
#define PSCI_CPU_OFF	    0x84000002u
#define PSCI_CPU_ON	    0xc4000003u
#define PSCI_AFFINITY_INFO  0xc4000004u
#define PSCI_SYSTEM_OFF	    0x84000008u
#define PSCI_SYSTEM_RESET   0x84000009u
#define PSCI_FEATURES	    0x8400000au
#define SMCCC_VERSION	    0x80000000u
#define SMCCC_ARCH_FEATURES 0x80000001u

/* --- guest_gic.c: GICv3, one security state, everything in Group 1 --- */

#define GICD 0x08000000ul
#define GICR 0x080a0000ul /* frame n at + n * 0x20000; SGI_base + 0x10000 */

#define GICD_CTLR	0x0000
#define GICD_TYPER	0x0004
#define GICD_IIDR	0x0008
#define GICD_IGROUPR	0x0080
#define GICD_ISENABLER	0x0100
#define GICD_ICENABLER	0x0180
#define GICD_ISPENDR	0x0200
#define GICD_ICPENDR	0x0280
#define GICD_ISACTIVER	0x0300
#define GICD_ICACTIVER	0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ICFGR	0x0c00
#define GICD_IROUTER	0x6000
#define GICD_PIDR2	0xffe8
#define GICR_TYPER	0x0008
#define GICR_WAKER	0x0014

#define ICC_IAR1    S3_0_C12_C12_0
#define ICC_EOIR1   S3_0_C12_C12_1
#define ICC_HPPIR1  S3_0_C12_C12_2
#define ICC_BPR1    S3_0_C12_C12_3
#define ICC_CTLR    S3_0_C12_C12_4
#define ICC_SRE	    S3_0_C12_C12_5
#define ICC_IGRPEN0 S3_0_C12_C12_6
#define ICC_IGRPEN1 S3_0_C12_C12_7
#define ICC_IAR0    S3_0_C12_C8_0
#define ICC_EOIR0   S3_0_C12_C8_1
#define ICC_AP1R0   S3_0_C12_C9_0
#define ICC_DIR	    S3_0_C12_C11_1
#define ICC_RPR	    S3_0_C12_C11_3
#define ICC_SGI1R   S3_0_C12_C11_5
#define ICC_PMR	    S3_0_C4_C6_0

#define TIMER_VIRTUAL  27u
#define TIMER_PHYSICAL 30u
#define GIC_SPURIOUS   1023u

/* A hypervisor answers only plain loads and stores: the compiler must not fold an increment of the
 * address into the access, so it is not told where the address comes from. */
static inline volatile uint32_t *reg32(uint64_t address)
{
	__asm__(""
		: "+r"(address));
	return (volatile uint32_t *)address;
}

static inline volatile uint64_t *reg64(uint64_t address)
{
	__asm__(""
		: "+r"(address));
	return (volatile uint64_t *)address;
}

static inline volatile uint8_t *reg8(uint64_t address)
{
	__asm__(""
		: "+r"(address));
	return (volatile uint8_t *)address;
}

uint32_t core_index(void);
uint64_t gic_frame(uint32_t intid);		/* where this INTID's register file is: GICD, or this core's SGI_base */
uint32_t gic_bit(uint32_t reg, uint32_t intid); /* the INTID's bit of a one-bit register file */
void gic_bit_set(uint32_t reg, uint32_t intid); /* writes a word with only that bit */
void gic_init(void);				/* distributor; core 0 */
void gic_core_init(void);			/* this core's redistributor and CPU interface */
void gic_priority(uint32_t intid, uint8_t priority);
void gic_enable(uint32_t intid);
void gic_disable(uint32_t intid);
void gic_edge(uint32_t intid, bool edge);
void gic_route(uint32_t intid, uint64_t affinity);
void sgi_self(uint32_t intid);
void sgi_core(uint32_t intid, uint32_t core);

static inline uint32_t gic_acknowledge(void)
{
	uint32_t intid = (uint32_t)read_reg(S3_0_C12_C12_0);

	dsb();
	return intid;
}

static inline void gic_end(uint32_t intid)
{
	write_reg(S3_0_C12_C12_1, intid);
	isb();
}

static inline uint64_t ticks(void)
{
	return read_reg(cntvct_el0);
}
void delay_us(uint64_t us);

#endif /* __ASSEMBLER__ */
#endif
