/* SPDX-License-Identifier: Apache-2.0 */
/* The example of docs/linux-ports.md: waits for messages and for notices at once, and answers each message. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "sdk/linux/bulkhead_port.h"

static int complain(const char *name, int answer)
{
	fprintf(stderr, "%s: %s\n", name, bulkhead_text(answer));
	return 1;
}

int main(void)
{
	struct bulkhead_port *in, *out, *bell;
	struct bulkhead_message about;
	char message[4096];
	int wrong;

	if ((wrong = bulkhead_open(&in, "in")) || (wrong = bulkhead_open(&out, "out")) || (wrong = bulkhead_open(&bell, "bell")))
		return complain("open", wrong);
	bulkhead_patient(in, true); /* also while the sender does not run */
	for (;;) {
		struct pollfd ready[2] = { { bulkhead_fd(in), POLLIN, 0 }, { bulkhead_fd(bell), POLLIN, 0 } };
		ssize_t n;

		if ((wrong = bulkhead_arm(in)) || (wrong = bulkhead_arm(bell)))
			return complain("arm", wrong);
		poll(ready, 2, -1);
		if (bulkhead_receive(bell, NULL, 0, NULL, 0) == 0)
			printf("the bell rang\n");
		n = bulkhead_receive(in, message, sizeof message, &about, 0);
		if (n == 3 && memcmp(message, "end", 3) == 0)
			break;
		if (n > 0 && (wrong = bulkhead_send(out, message, (size_t)n, 1000)))
			return complain("out", wrong);
	}
	bulkhead_close(in); /* says that the last message has been dealt with */
	bulkhead_close(out);
	bulkhead_close(bell);
	return 0;
}
