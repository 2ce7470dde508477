/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/blob_at.h"
#include "lib/blob_check.h"

#define LINUX_MAGIC 0x644d5241u /* "ARM\x64" */
#define LOAD_ALIGN  0x200000u

/* [at, at + bytes) lies in [start, start + size); nothing overflows. */
static bool within(uint64_t at, uint64_t bytes, uint64_t start, uint64_t size)
{
	return at >= start && at - start <= size && bytes <= size - (at - start);
}

static bool meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

/* No two of them meet; those of no bytes are nowhere. */
static bool apart(const struct blob_piece *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < i; j++)
			if (p[i].bytes && p[j].bytes && meet(p[i].va, p[i].bytes, p[j].va, p[j].bytes))
				return false;
	return true;
}

static const char *check_magic(const struct bh_image_header *h, uint64_t load)
{
	if (h->magic != BH_IMAGE_MAGIC || h->linux_magic != LINUX_MAGIC)
		return "image: wrong magic number";
	if (h->abi_version != BH_ABI_VERSION)
		return "image: kernel of another ABI version";
	if (h->header_bytes != sizeof(*h))
		return "image: header of another size";
	if (h->load_pa != load)
		return "image: not at the address it was made for";
	if (load == 0 || load % LOAD_ALIGN != 0 || load >= BLOB_PA_END)
		return "image: load address is not aligned to 2 MiB or too high";
	if (h->text_offset != 0 || h->linux_reserved[0] != 0 || h->linux_reserved[1] != 0 || h->linux_reserved[2] != 0 ||
	    h->linux_reserved2 != 0)
		return "image: reserved field is not zero";
	return NULL;
}

static const char *check_kernel(const struct bh_image_header *h)
{
	if (h->text_bytes == 0 || (h->text_bytes | h->rodata_bytes | h->check_bytes | h->bss_bytes | h->stack_bytes) % BH_PAGE != 0)
		return "image: kernel is not of whole pages";
	if (h->stack_bytes == 0)
		return "image: kernel has no stack";
	if (h->core_bytes == 0 || h->partition_bytes == 0 || h->vcpu_bytes == 0 || h->emul_bytes == 0 || h->port_bytes == 0 ||
	    (h->core_bytes | h->partition_bytes | h->vcpu_bytes | h->emul_bytes | h->port_bytes) % 64 != 0)
		return "image: wrong size of a state element";
	return NULL;
}

/* Of the file: what the kernel's build made. */
static uint64_t kernel_in_file(const struct bh_image_header *h)
{
	return (uint64_t)h->text_bytes + h->rodata_bytes + h->check_bytes;
}

static const char *check_file(const struct bh_image_header *h)
{
	uint64_t kernel_bytes = kernel_in_file(h);

	if (h->image_size >= BLOB_PA_END - h->load_pa)
		return "image: too large";
	if (h->file_bytes > h->image_size || h->file_bytes % 8 != 0 || h->file_bytes < 8)
		return "image: wrong file size";
	if (h->covered_bytes > h->file_bytes - 8 || h->covered_bytes % 16 != 0 || h->covered_bytes < kernel_bytes)
		return "image: wrong size of what the digest covers";
	if (!within(h->blob_pa, h->blob_bytes, h->load_pa + kernel_bytes, h->covered_bytes - kernel_bytes) ||
	    h->blob_pa % BH_PAGE != 0 || h->blob_bytes < sizeof(struct bh_blob) || h->blob_bytes > UINT32_MAX)
		return "image: blob is not where it may be";
	if (h->va_bits < BH_VA_BITS_MIN || h->va_bits > BH_VA_BITS_MAX)
		return "image: the kernel's addresses must have 25 to 30 bits";
	if (!within(h->el2_root_pa, blob_kernel_root_bytes(h->va_bits), h->load_pa + kernel_bytes, h->covered_bytes - kernel_bytes) ||
	    h->el2_root_pa % blob_kernel_root_bytes(h->va_bits) != 0)
		return "image: kernel's translation tables are not where they may be";
	if (meet(h->load_pa, BH_PAGE, BH_KERNEL_VA, (1ull << h->va_bits) - BH_KERNEL_VA))
		return "image: lies where the kernel's own addresses are";
	return NULL;
}

static bool is_behind(const struct bh_image_header *h, uint64_t pa, uint64_t bytes)
{
	return pa % BH_PAGE == 0 && bytes % BH_PAGE == 0 && within(pa, bytes, h->load_pa + h->file_bytes, h->image_size - h->file_bytes);
}

/* Writable memory lies behind the file and inside what the image reserves, or where the boot checks are. */
static bool is_writable(const struct bh_image_header *h, uint64_t pa, uint64_t bytes)
{
	return is_behind(h, pa, bytes) ||
	       (pa % BH_PAGE == 0 && bytes % BH_PAGE == 0 && within(pa, bytes, h->load_pa + h->text_bytes + h->rodata_bytes, h->check_bytes));
}

static const char *check_memory(const struct bh_image_header *h)
{
	const struct blob_piece p[] = { { h->bss_pa, h->bss_bytes }, { h->state_pa, h->state_bytes }, { h->share_pa, h->share_bytes } };

	if (!is_writable(h, h->bss_pa, h->bss_bytes) || !is_writable(h, h->state_pa, h->state_bytes))
		return "image: kernel's writable memory is neither behind the file nor where the boot checks are";
	/* The stack that this runs on is there (boot.S). */
	if (!is_behind(h, h->share_pa, h->share_bytes))
		return "image: shared memory, which has the stack of the boot checks, is not behind the file";
	if (!apart(p, 3))
		return "image: kernel's writable memory overlaps";
	return NULL;
}

static const char *check_addresses(const struct bh_image_header *h)
{
	uint64_t kernel_bytes = kernel_in_file(h) + h->bss_bytes;
	const struct blob_piece p[] = {
		{ BH_KERNEL_VA, kernel_bytes },
		{ h->blob_va, h->blob_bytes },
		{ h->state_va, h->state_bytes },
		{ h->share_va, h->share_bytes },
	};

	for (uint32_t i = 0; i < 4; i++)
		if (!blob_is_va(p[i].va, p[i].bytes, BH_PAGE) || p[i].va + p[i].bytes > 1ull << h->va_bits)
			return "image: address outside the kernel's space";
	if (!apart(p, 4))
		return "image: kernel's addresses overlap";
	if (h->uart_kind > BH_UART_CADENCE)
		return "image: unknown UART";
	if (h->uart_kind != BH_UART_NONE && (h->uart_pa % 4 != 0 || h->uart_pa >= BLOB_PA_END ||
					     h->uart_pa % BH_PAGE != h->uart_va % BH_PAGE || !blob_is_va(h->uart_va, 4, 4)))
		return "image: UART's address is wrong";
	return NULL;
}

/* IMG-1, MEM-5: why an image does not run. */
const char *image_check(const struct bh_image_header *h, uint64_t load)
{
	const char *wrong = check_magic(h, load);

	if (!wrong)
		wrong = check_kernel(h);
	if (!wrong)
		wrong = check_file(h);
	if (!wrong)
		wrong = check_memory(h);
	return wrong ? wrong : check_addresses(h);
}

static bool is_root(const struct bh_image_header *h, const struct bh_blob *b, uint64_t root)
{
	uint64_t kernel_bytes = kernel_in_file(h), bytes = blob_root_bytes(b->ipa_bits);

	return root % bytes == 0 && within(root, bytes, h->load_pa + kernel_bytes, h->covered_bytes - kernel_bytes) &&
	       !meet(root, bytes, h->blob_pa, h->blob_bytes);
}

static const char *fit_state(const struct bh_image_header *h, const struct bh_blob *b)
{
	const struct blob_piece p[] = {
		{ b->core_state_va, (uint64_t)b->n_cores * h->core_bytes },
		{ b->partition_state_va, (uint64_t)b->n_partitions * h->partition_bytes },
		{ b->vcpu_state_va, (uint64_t)b->n_vcpus * h->vcpu_bytes },
		{ b->emul_state_va, (uint64_t)b->n_emuls * h->emul_bytes },
		{ b->port_state_va, (uint64_t)b->n_ports * h->port_bytes },
	};

	for (uint32_t i = 0; i < 5; i++)
		if (p[i].bytes && !within(p[i].va, p[i].bytes, h->state_va, h->state_bytes))
			return "image: a state array lies outside the state memory";
	return apart(p, 5) ? NULL : "image: state arrays overlap";
}

static const char *fit_share(const struct bh_image_header *h, const struct bh_blob *b)
{
	for (uint32_t i = 0; i < blob_pieces(b); i++) {
		struct blob_piece piece = blob_piece(b, i);

		if (piece.bytes && !within(piece.va, piece.bytes, h->share_va, h->share_bytes))
			return "image: the log, the trace, a queue, server pages or a port's memory lie outside the shared memory";
	}
	return NULL;
}

static bool is_apart(const struct bh_image_header *h, uint64_t va, uint64_t bytes)
{
	uint64_t kernel_bytes = kernel_in_file(h) + h->bss_bytes;

	return !meet(va, bytes, BH_KERNEL_VA, kernel_bytes) && !meet(va, bytes, h->blob_va, h->blob_bytes) &&
	       !meet(va, bytes, h->state_va, h->state_bytes) && !meet(va, bytes, h->share_va, h->share_bytes);
}

static bool is_stack(const struct bh_image_header *h, uint64_t top)
{
	return top - BH_KERNEL_VA > h->stack_bytes && is_apart(h, top - h->stack_bytes, h->stack_bytes);
}

/* Of a dedicated core, the page that the kernel fills and empties: it is nothing else. */
static bool is_door(const struct bh_image_header *h, const struct bh_blob *b, const struct bh_core *c)
{
	uint64_t pa = c->door_pa, va = c->door_va;

	if (!is_apart(h, va, BH_PAGE) || !is_writable(h, pa, BH_PAGE) || meet(pa, BH_PAGE, h->bss_pa, h->bss_bytes) ||
	    meet(pa, BH_PAGE, h->state_pa, h->state_bytes) || meet(pa, BH_PAGE, h->share_pa, h->share_bytes))
		return false;
	for (uint32_t i = 0; i < b->n_cores; i++) {
		const struct bh_core *other = &blob_cores(b)[i];

		if (meet(va, BH_PAGE, other->stack_va - h->stack_bytes, h->stack_bytes) || (other != c && (other->door_va == va || other->door_pa == pa)))
			return false;
	}
	return true;
}

const char *image_blob_check(const struct bh_image_header *h, const struct bh_blob *b)
{
	const char *wrong = fit_state(h, b);

	if (!wrong)
		wrong = fit_share(h, b);
	if (wrong)
		return wrong;
	if (b->uart_kind != h->uart_kind || b->uart_va != h->uart_va)
		return "image: header and blob name different UARTs";
	if (!is_root(h, b, b->empty_root))
		return "image: the empty root is not among the tables";
	for (uint32_t i = 0; i < b->n_partitions; i++)
		if (!is_root(h, b, blob_partitions(b)[i].root))
			return "image: a partition's root is not among the tables";
	for (uint32_t i = 0; i < b->n_caps; i++)
		if (blob_caps(b)[i].root_page && !is_root(h, b, (uint64_t)blob_caps(b)[i].root_page * BH_PAGE))
			return "image: a root to inspect with is not among the tables";
	for (uint32_t i = 0; i < b->n_cores; i++)
		if (!is_stack(h, blob_cores(b)[i].stack_va))
			return "image: a core's stack overlaps other memory";
	for (uint32_t i = 0; i < b->n_cores; i++)
		if (blob_cores(b)[i].door_va && !is_door(h, b, &blob_cores(b)[i]))
			return "image: the root of a dedicated core is no writable memory of the kernel's, or overlaps other memory";
	return NULL;
}
