/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the image, whose end boot.S has seen, may run. This and what it calls is linked apart (kernel.ld): it runs once, before the MMU is on, where it lies in
 * memory, and the kernel's own memory lies there afterwards. So it writes nothing but its stack, and nobody else may call it.
 */
#include "lib/blob_check.h"
#include "lib/digest.h"

const char *boot_check(const struct bh_image_header *h);
const char *boot_check(const struct bh_image_header *h)
{
	uint64_t load = (uint64_t)(uintptr_t)h;
	const char *why = image_check(h, load);

	if (why)
		return why;
	if (digest((const void *)(uintptr_t)(load + 72), h->covered_bytes - 72) != h->digest)
		return "the image is damaged: its digest differs";
	why = blob_check((const void *)(uintptr_t)h->blob_pa, h->blob_bytes);
	return why ? why : image_blob_check(h, (const void *)(uintptr_t)h->blob_pa);
}
