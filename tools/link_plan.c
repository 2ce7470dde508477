/* SPDX-License-Identifier: Apache-2.0 */
/* The link's two channels (abi/link.h): what the console and the monitor take for granted of them. */
#include <string.h>

#include "abi/link.h"
#include "tools/errors.h"
#include "tools/link_socket.h"

static const struct channel *channel_of(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_channels; i++)
		if (strcmp(p->channel[i].name, name) == 0)
			return &p->channel[i];
	return NULL;
}

bool link_is_described(const struct plan *p)
{
	return channel_of(p, BH_LINK_IN) && channel_of(p, BH_LINK_OUT);
}

static void check(struct plan *p, const struct channel *c)
{
	if (c->kind != CHANNEL_QUEUING) {
		blame(p, c->path, "kind", "is to be \"queuing\": the console carries the link to a PC in channels of that name");
		return;
	}
	if (c->bytes && c->bytes != BH_LINK_MESSAGE_BYTES)
		blame(p, c->path, "bytes", "is %u; messages of the link have %u", c->bytes, BH_LINK_MESSAGE_BYTES);
	if (c->depth && c->depth < BH_LINK_DEPTH)
		blame(p, c->path, "depth", "is %u; the link needs %u, so much may be under way", c->depth, BH_LINK_DEPTH);
}

void link_check(struct plan *p)
{
	const struct channel *in = channel_of(p, BH_LINK_IN), *out = channel_of(p, BH_LINK_OUT);

	if (in)
		check(p, in);
	if (out)
		check(p, out);
	if (!in != !out)
		blame(p, in ? in->path : out->path, NULL, "is one half of the link to a PC: add the other, %s", in ? BH_LINK_OUT : BH_LINK_IN);
	if (in && out && in->from.part >= 0 && out->to.part >= 0 && in->to.part >= 0 && out->from.part >= 0 &&
	    (in->from.part != out->to.part || in->to.part != out->from.part))
		blame(p, out->path, NULL, "goes from %s to %s; it is to be the way back of %s, from %s to %s", p->part[out->from.part].name,
		      p->part[out->to.part].name, in->path, p->part[in->to.part].name, p->part[in->from.part].name);
}
