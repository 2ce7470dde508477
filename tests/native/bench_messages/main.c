/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the three this partition is, its name says. */
#include "tests/native/bench_messages/messages.h"

int main(void)
{
	return bh_info()->name[0] == 'm' ? meter() : partner();
}
