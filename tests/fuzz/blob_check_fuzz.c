/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob_check() against any bytes: it must return, touch nothing outside them, and what it passes
 * must be safe to follow. Inputs are laid over a good blob, so that the fuzzer need not find one:
 * the first byte chooses between that and the raw input.
 * sources: lib/blob_check.c lib/blob_check_health.c lib/blob_check_ports.c lib/blob_check_time.c lib/blob_piece.c
 */
#include <stdlib.h>

#include "tests/unit/blob_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Input as changes: pairs of a 16-bit place and a byte. */
static void change(uint8_t *blob, const uint8_t *data, size_t bytes)
{
	for (size_t i = 0; i + 3 <= bytes; i += 3)
		blob[(data[i] | (size_t)data[i + 1] << 8) % sizeof(struct blob_fixture)] = data[i + 2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	bool raw = bytes > 0 && data[0] % 4 == 0;
	size_t size = raw ? bytes - 1 : sizeof(struct blob_fixture);
	void *blob = malloc(size ? size : 1);

	if (!blob)
		return 0;
	if (raw)
		memcpy(blob, data + 1, size);
	else
		fixture_make(blob), fixture_monitor(blob);
	if (!raw && bytes)
		change(blob, data + 1, bytes - 1);
	if (blob_check(blob, size) == NULL)
		blob_follow(blob);
	free(blob);
	return 0;
}
