/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System registers by the names and bits of the Arm Architecture Reference Manual (DDI 0487) and of
 * the GIC specification (IHI 0069). Only what the kernel uses.
 */
#ifndef ARM64_SYSREG_H
#define ARM64_SYSREG_H

/* HCR_EL2 - Hypervisor Configuration Register */
#define HCR_EL2_VM     (1 << 0)	   /* stage 2 on */
#define HCR_EL2_SWIO   (1 << 1)	   /* invalidate by set/way cleans first */
#define HCR_EL2_FMO    (1 << 3)	   /* FIQs come here; virtual FIQs on */
#define HCR_EL2_IMO    (1 << 4)	   /* IRQs come here; virtual IRQs on */
#define HCR_EL2_AMO    (1 << 5)	   /* SErrors come here */
#define HCR_EL2_VSE    (1 << 8)	   /* a virtual SError is pending */
#define HCR_EL2_BSU_IS (1 << 10)   /* guests' barriers reach the inner shareable domain at least */
#define HCR_EL2_FB     (1 << 9)	   /* guests' local TLB and cache maintenance is broadcast (off: each vCPU keeps its core) */
#define HCR_EL2_DC     (1 << 12)   /* stage 1 off means cacheable: the boot stub's mode */
#define HCR_EL2_TWI    (1 << 13)   /* WFI traps: a waiting guest gives up the core */
#define HCR_EL2_TWE    (1 << 14)   /* WFE traps: for vCPUs that share a core with their siblings */
#define HCR_EL2_TID3   (1 << 18)   /* identification registers trap: one policy */
#define HCR_EL2_TSC    (1 << 19)   /* SMC traps: no guest reaches firmware */
#define HCR_EL2_TIDCP  (1 << 20)   /* implementation defined registers trap */
#define HCR_EL2_TACR   (1 << 21)   /* ACTLR_EL1 traps */
#define HCR_EL2_TSW    (1 << 22)   /* set/way maintenance traps */
#define HCR_EL2_RW     (1ll << 31) /* EL1 is AArch64 */
#define HCR_EL2_TLOR   (1ll << 35) /* limited ordering regions trap */
#define HCR_EL2_TERR   (1ll << 36) /* error record registers trap */

/* VTCR_EL2: starts at level 1, 4 KiB granule, walks Normal write-back inner shareable;
 * PS is added at run time */
#define VTCR_EL2_T0SZ(bits) (64 - (bits))
#define VTCR_EL2_SL0_1	    (1 << 6)
#define VTCR_EL2_IRGN0_WBWA (1 << 8)
#define VTCR_EL2_ORGN0_WBWA (1 << 10)
#define VTCR_EL2_SH0_INNER  (3 << 12)
#define VTCR_EL2_PS_SHIFT   16
#define VTCR_EL2_RES1	    (1ll << 31)

/* TCR_EL2: 4 KiB granule, likewise; boot.S adds T0SZ */
#define TCR_EL2_RES1 0x80800000
#define TCR_EL2_BASE (TCR_EL2_RES1 | (1 << 8) | (1 << 10) | (3 << 12))

#define MAIR_EL2_VALUE 0x44ff00 /* 0 Device-nGnRnE, 1 Normal write-back, 2 Normal non-cacheable */

/* SCTLR_EL2 - System Control Register */
#define SCTLR_EL2_RES1 0x30c50830
#define SCTLR_EL2_M    (1 << 0)	 /* MMU */
#define SCTLR_EL2_A    (1 << 1)	 /* alignment check */
#define SCTLR_EL2_C    (1 << 2)	 /* data cache */
#define SCTLR_EL2_SA   (1 << 3)	 /* stack alignment check */
#define SCTLR_EL2_I    (1 << 12) /* instruction cache */
#define SCTLR_EL2_WXN  (1 << 19) /* writable is never executable */

/* SCTLR_EL1 at reset as guests expect it: MMU and caches off, little-endian */
#define SCTLR_EL1_RESET 0x30d50838ull
#define SCTLR_EL1_SPAN	(1ull << 23)
#define SCTLR_EL1_DSSBS (1ull << 44)

/* CPTR_EL2 (E2H 0) */
#define CPTR_EL2_RES1 0x33ff /* with TZ: SVE traps where it exists */
#define CPTR_EL2_TFP  (1 << 10)
#define CPTR_EL2_TTA  (1 << 20)
#define CPTR_EL2_TAM  (1ll << 30) /* activity monitors, where they exist */

/* MDCR_EL2 */
#define MDCR_EL2_TPMCR (1 << 5)
#define MDCR_EL2_TPM   (1 << 6)
#define MDCR_EL2_TDE   (1 << 8) /* debug exceptions come to EL2; traps what TDA, TDOSA, TDRA do */
#define MDCR_EL2_TDA   (1 << 9)
#define MDCR_EL2_TDOSA (1 << 10)
#define MDCR_EL2_TDRA  (1 << 11)
#define MDCR_EL2_TPMS  (1 << 14)
#define MDCR_EL2_TTRF  (1 << 19)

/* CNTHCTL_EL2 (E2H 0): CNTPCT is readable; the physical timer's registers trap */
#define CNTHCTL_EL2_EL1PCTEN (1 << 0)
#define CNTHCTL_EL2_EL1PCEN  (1 << 1) /* and the physical timer's do not */

#define CNT_CTL_ENABLE	1
#define CNT_CTL_IMASK	2
#define CNT_CTL_ISTATUS 4

/* MDSCR_EL1 */
#define MDSCR_EL1_SS 1u /* software step */

/* ISR_EL1, read at EL2: what is pending physically */
#define ISR_EL1_I (1 << 7)

/* PSTATE in SPSR_EL2 */
#define PSTATE_EL1H  5
#define PSTATE_DAIF  0x3c0
#define PSTATE_SS    (1ull << 21)
#define PSTATE_DIT   (1ull << 24)
#define PSTATE_BTYPE (3ull << 10) /* AArch64 only */
#define PSTATE_PAN   (1ull << 22)
#define PSTATE_SSBS  (1ull << 12)
#define PSTATE_IL    (1ull << 20)
#define PSTATE_NZCV  (0xfull << 28)
#define PSTATE_32    (1ull << 4)
#define PSTATE_T32   (1ull << 5)

/* ESR_ELx */
#define ESR_EC(esr)	((uint32_t)((esr) >> 26) & 0x3fu)
#define ESR_IL		(1u << 25)
#define ESR_HVC_0	0x5a000000 /* HVC #0 from AArch64: EC, IL */
#define EC_UNKNOWN	0x00u
#define EC_WFX		0x01u
#define EC_CP15_32	0x03u
#define EC_CP15_64	0x04u
#define EC_CP14_32	0x05u
#define EC_CP14_LDC	0x06u
#define EC_FP		0x07u
#define EC_CP10_ID	0x08u
#define EC_CP14_64	0x0cu
#define EC_HVC32	0x12u
#define EC_SMC32	0x13u
#define EC_HVC64	0x16u
#define EC_SMC64	0x17u
#define EC_SYSREG	0x18u
#define EC_IABT_LOWER	0x20u
#define EC_IABT_CURRENT 0x21u
#define EC_DABT_LOWER	0x24u
#define EC_DABT_CURRENT 0x25u
#define EC_SERROR	0x2fu
#define EC_STEP_LOWER	0x32u /* software step */
#define EC_BRK		0x3cu /* BRK, AArch64 */

#ifndef __ASSEMBLER__
#include <stdint.h>

#define read_reg(name)                                      \
	({                                                  \
		uint64_t value_;                            \
		__asm__ volatile("mrs %0, " #name           \
				 : "=r"(value_)::"memory"); \
		value_;                                     \
	})
#define write_reg(name, v)                                           \
	do {                                                         \
		uint64_t value_ = (uint64_t)(v);                     \
		__asm__ volatile("msr " #name ", %x0" ::"rZ"(value_) \
				 : "memory");                        \
	} while (0)

#define isb() __asm__ volatile("isb" :: \
				       : "memory")
#define dsb(opt) __asm__ volatile("dsb " #opt :: \
					  : "memory")
#define dmb(opt) __asm__ volatile("dmb " #opt :: \
					  : "memory")
#endif

#endif
