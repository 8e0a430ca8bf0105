// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>
#include "facts/limits.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)

/* Those of one program rise. */
static const struct {
	const char *comm;
	uint64_t bytes;
	const char *says;
} limits[] = {
	{ "python", 1 * MIB, "1 MiB is the default of python's websockets, max_size" },
	{ "python", 4 * MIB, "4 MiB is the default of aiohttp, max_msg_size" },
	{ "python", 10 * MIB, "10 MiB is the default of tornado, websocket_max_message_size" },
	{ "python", 16 * MIB, "16 MiB is the default of uvicorn, --ws-max-size" },
	{ "uvicorn", 16 * MIB, "16 MiB is the default of uvicorn, --ws-max-size" },
	{ "node", 1000000, "1,000,000 bytes are the default of socket.io, maxHttpBufferSize" },
	{ "node", 100 * MIB, "100 MiB is the default of ws, maxPayload" },
	{ "java", 8 * KIB, "8 KiB is the default of Tomcat, maxTextMessageBufferSize" },
	{ "java", 64 * KIB, "64 KiB is the default of Jetty, Netty and Spring" },
	{ "dotnet", 32 * KIB, "32 KiB is the default of SignalR, MaximumReceiveMessageSize" },
};

const char *message_limit(const char *comm, uint64_t len, uint64_t taken)
{
	const char *says = NULL;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strncmp(comm, limits[i].comm, strlen(limits[i].comm)) &&
		    limits[i].bytes < len && limits[i].bytes >= taken)
			says = limits[i].says;
	return says;
}
