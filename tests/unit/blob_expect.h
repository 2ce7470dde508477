/* SPDX-License-Identifier: Apache-2.0 */
/* What a test says of a blob that blob_check() has looked at. (Not in blob_fixture.h: a fuzzer has that, without cmocka.) */
#ifndef TESTS_UNIT_BLOB_EXPECT_H
#define TESTS_UNIT_BLOB_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>

#include "tests/unit/blob_fixture.h"

#include <cmocka.h>

/* It passes (part is NULL), or is refused with a sentence that has @part in it. */
static inline void blob_expect(const struct blob_fixture *f, const char *part, int line)
{
	const char *wrong = blob_check(&f->b, sizeof(*f));

	if (!part && wrong)
		fail_msg("line %d: \"%s\", but it should pass", line, wrong);
	else if (part && !wrong)
		fail_msg("line %d: passed, but expected \"%s\"", line, part);
	else if (part && !strstr(wrong, part))
		fail_msg("line %d: \"%s\", but expected \"%s\"", line, wrong, part);
}

#endif
