// SPDX-License-Identifier: GPL-2.0-only
/* WebSocket (RFC 6455) server and load generator for the tests and the benchmark. */
#include <stdlib.h>
#include <sys/resource.h>

#include "wsload.h"

int main(int argc, char **argv)
{
	struct rlimit files;
	size_t i;
	int err;

	options_parse(argc, argv);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	text = xrealloc(NULL, opt.size + 26);
	for (i = 0; i < opt.size + 26; i++)
		text[i] = 'a' + i % 26;
	err = opt.client ? client_main() : server_main();
	free(text);
	return err;
}
