/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets and sizes that assembly needs, made into offsets.h by the build. */
#include "abi/blob.h"
#include "kernel/core.h"
#include "kernel/partition.h"
#include "kernel/vcpu.h"
#include "kernel/emul.h"
#include "kernel/port.h"

#define DEFINE(name, value) __asm__ volatile("\n->" #name " %0" ::"i"(value))
#define STACK_BYTES	    4096 /* of each core; scripts/stack-depth holds the call graph against it (STACK-1) */
#define ROUND64(n)	    (((n) + 63) / 64 * 64)

void offsets(void);
void offsets(void)
{
	DEFINE(VCPU_X, offsetof(struct vcpu, arch.x));
	DEFINE(VCPU_KERNEL_SP, offsetof(struct vcpu, arch.kernel_sp));
	DEFINE(CORE_LOADED, offsetof(struct core, loaded));

	DEFINE(HDR_LOAD_PA, offsetof(struct bh_image_header, load_pa));
	DEFINE(HDR_IMAGE_SIZE, offsetof(struct bh_image_header, image_size));
	DEFINE(HDR_FILE_BYTES, offsetof(struct bh_image_header, file_bytes));
	DEFINE(HDR_BLOB_VA, offsetof(struct bh_image_header, blob_va));
	DEFINE(HDR_EL2_ROOT, offsetof(struct bh_image_header, el2_root_pa));
	DEFINE(HDR_BSS_BYTES, offsetof(struct bh_image_header, bss_bytes));
	DEFINE(HDR_STATE_VA, offsetof(struct bh_image_header, state_va));
	DEFINE(HDR_STATE_BYTES, offsetof(struct bh_image_header, state_bytes));
	DEFINE(HDR_SHARE_PA, offsetof(struct bh_image_header, share_pa));
	DEFINE(HDR_VA_BITS, offsetof(struct bh_image_header, va_bits));
	DEFINE(HDR_SHARE_VA, offsetof(struct bh_image_header, share_va));
	DEFINE(HDR_SHARE_BYTES, offsetof(struct bh_image_header, share_bytes));
	DEFINE(HDR_UART_PA, offsetof(struct bh_image_header, uart_pa));
	DEFINE(HDR_UART_KIND, offsetof(struct bh_image_header, uart_kind));
	DEFINE(BH_UART_PL011, BH_UART_PL011);
	DEFINE(HDR_BYTES, sizeof(struct bh_image_header));

	DEFINE(BH_IMAGE_MAGIC, BH_IMAGE_MAGIC);
	DEFINE(BH_END_MARK, BH_END_MARK);
	DEFINE(BH_ABI_VERSION, BH_ABI_VERSION);
	DEFINE(BOOT_STACK_BYTES, STACK_BYTES);

	DEFINE(BLOB_OFF_CORES, offsetof(struct bh_blob, off_cores));
	DEFINE(BLOB_CORE_STATE_VA, offsetof(struct bh_blob, core_state_va));
	DEFINE(BH_CORE_BYTES, sizeof(struct bh_core));
	DEFINE(BH_CORE_STACK_VA, offsetof(struct bh_core, stack_va));

	DEFINE(CORE_BYTES, ROUND64(sizeof(struct core)));
	DEFINE(PARTITION_BYTES, ROUND64(sizeof(struct partition)));
	DEFINE(VCPU_BYTES, ROUND64(sizeof(struct vcpu)));
	DEFINE(EMUL_BYTES, ROUND64(sizeof(struct emul)));
	DEFINE(PORT_BYTES, ROUND64(sizeof(struct port)));
}
