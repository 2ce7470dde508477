/* SPDX-License-Identifier: Apache-2.0 */
/* The end: keeps what was greatest, for whoever asks. It only runs when it is called. */
#include "sdk/bulkhead.h"
#include "systems/pipeline/keeper.h"
#include "systems/pipeline/pipeline.h"

static uint32_t keep(void *arg, const struct bh_message *request, void *reply)
{
	const struct result *r = request->data;
	struct result *all = arg;

	if (request->bytes == sizeof *r) {
		all->block++;
		all->peak = all->peak > r->peak ? all->peak : r->peak;
		all->missed = r->missed;
	}
	*(struct result *)reply = *all;
	return sizeof *all;
}

int main(void)
{
	static struct result all;

	return bh_port_serve(PORT_RESULT, keep, &all, BH_NEVER) != BH_OK;
}
