// SPDX-License-Identifier: GPL-2.0-only
/* user/out/text.c, text_conn.c, json.c, user/report/output.c and user/pcapng/output.c, by lines. */
#include "records.h"
#include "capture/pcapng_read.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct output *const all[] = {
	&output_pcapng, &output_text, &output_json, &output_report, NULL,
};

static void starts(void)
{
	assert_int_equal(begin(all), 0);
}

/* An object of connection 1, ms into the run. fields: the rest, without its brace. */
static void writes_object(const char *type, unsigned int ms, const char *fields)
{
	char line[1024];

	snprintf(line, sizeof(line),
		 "{\"type\":\"%s\",\"ts\":\"2025-11-22T08:26:40.%03u000000Z\",\"conn\":1,%s}", type,
		 ms, fields);
	writes(line, NULL);
}

/* The first byte of connection 1, which shows that no PROXY header comes: it is told of. */
static void first_byte(void)
{
	struct wst_bytes r = { .h = header(WST_HEAD, 1, WST_C2S) };

	t.now -= NS_PER_MS;
	r.h.flags = WST_HEAD_FIRST;
	bytes(&r, "G", 1);
}

#define DATE "-- 2025-11-22 --" /* in front of the first line */

static void text_handshake(void **state)
{
	starts();
	opens(1, WST_SERVER);
	writes(NULL); /* a PROXY header may come, which belongs to it */
	head(1, WST_C2S, GET("/ws?token=sekrit"));
	writes(DATE,
	       "08:26:40.001000 #1    app[7]             10.0.0.9:5001 -> 10.0.0.1:9588  server",
	       "08:26:40.002000 #1    app[7]          -> GET /ws?token=[redacted] HTTP/1.1  "
	       "upgrade",
	       "                                         Host: example.com",
	       "                                         Upgrade: websocket",
	       "                                         Connection: Upgrade",
	       "                                         Cookie: [redacted]",
	       "                                         Sec-WebSocket-Key: " KEY,
	       "                                         Sec-WebSocket-Version: 13", NULL);
	head(1, WST_S2C, SWITCHING);
	writes("08:26:40.003000 #1    app[7]          <- 101 Switching Protocols  after 1.0 ms",
	       "                                         Upgrade: websocket",
	       "                                         Connection: Upgrade",
	       "                                         Sec-WebSocket-Accept: " ACCEPT, NULL);
	assert_int_equal(end(), 0);
}

static void text_secrets(void **state)
{
	t.o.show_secrets = true;
	starts();
	websocket(1);
	assert_non_null(strstr(written(), "-> GET /ws?token=sekrit HTTP/1.1"));
	assert_non_null(strstr(t.text, "Cookie: id=sekrit\n"));
	assert_int_equal(end(), 0);
}

static void json_handshake(void **state)
{
	t.o.json = true;
	starts();
	writes("{\"type\":\"start\",\"ts\":\"2025-11-22T08:26:40.000000000Z\",\"v\":1,\"version\":"
	       "\"" WSTRACE_VERSION "\",\"kernel\":\"6.12.0 x86_64\",\"backend\":\"fentry\","
	       "\"ports\":\"9588\",\"host\":\"here\"}",
	       NULL);
	opens(1, WST_SERVER);
	writes(NULL);
	first_byte();
	writes_object(
		"open", 1,
		"\"role\":\"server\",\"local\":\"10.0.0.1:9588\",\"remote\":\"10.0.0.9:5001\","
		"\"pid\":7,\"comm\":\"app\",\"cgroup\":\"/system.slice/app.service\","
		"\"midstream\":false");
	head(1, WST_C2S, GET("/ws?token=sekrit"));
	writes_object("request", 2,
		      "\"method\":\"GET\",\"target\":\"/ws?token=[redacted]\",\"http\":\"1.1\","
		      "\"headers\":[[\"Host\",\"example.com\"],[\"Upgrade\",\"websocket\"],"
		      "[\"Connection\",\"Upgrade\"],[\"Cookie\",\"[redacted]\"],"
		      "[\"Sec-WebSocket-Key\",\"" KEY "\"],[\"Sec-WebSocket-Version\",\"13\"]],"
		      "\"upgrade\":true,\"key\":\"" KEY "\",\"seq\":1000,\"offset\":0");
	head(1, WST_S2C, SWITCHING);
	writes_object("response", 3,
		      "\"status\":101,\"reason\":\"Switching Protocols\",\"http\":\"1.1\","
		      "\"headers\":[[\"Upgrade\",\"websocket\"],[\"Connection\",\"Upgrade\"],"
		      "[\"Sec-WebSocket-Accept\",\"" ACCEPT "\"]],\"upgrade\":true,"
		      "\"accept_ok\":true,\"latency_us\":1000,\"seq\":2000,\"offset\":0");
	assert_int_equal(end(), 0);
}

static void proxy_header(uint64_t conn, const char *data, size_t n)
{
	struct wst_bytes r = { .h = header(WST_HEAD, conn, WST_C2S) };

	r.h.seq = t.seq[conn][WST_C2S];
	r.h.flags = WST_HEAD_FIRST | WST_HEAD_LAST | WST_HEAD_PROXY;
	t.seq[conn][WST_C2S] += n;
	bytes(&r, data, n);
}

/* A connection is told of once its PROXY header is decoded, with what that says. */
static void json_via_proxy(void **state)
{
	t.o.json = true;
	starts();
	opens(1, WST_SERVER);
	written();
	proxy_header(1, "PROXY TCP4 203.0.113.7 192.0.2.2 4711 80\r\n", 42);
	assert_non_null(strstr(written(), "\"via_proxy\":{\"version\":1,\"client\":"
					  "\"203.0.113.7:4711\"}"));
	assert_non_null(strstr(t.text, "\"remote\":\"10.0.0.9:5001\""));
	opens(2, WST_SERVER);
	proxy_header(2, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16); /* LOCAL */
	assert_non_null(strstr(written(), "\"via_proxy\":{\"version\":2}}"));
	assert_int_equal(end(), 0);
}

static void text_via_proxy(void **state)
{
	starts();
	opens(1, WST_SERVER);
	proxy_header(1, "PROXY TCP4 203.0.113.7 192.0.2.2 4711 80\r\n", 42);
	writes(DATE,
	       "08:26:40.001000 #1    app[7]             10.0.0.9:5001 -> 10.0.0.1:9588  server, "
	       "for 203.0.113.7:4711 (PROXY v1)",
	       NULL);
	assert_int_equal(end(), 0);
}

/* One of each opcode, in this order; 3 bytes of payload are kept. */
static const struct {
	uint8_t dir, b0;
	const char *payload;
	const char *text; /* from the arrow on */
	const char *json;
} frames[] = {
	{ WST_C2S, 0x81, "hello", "-> text   FIN -    mask 01020304      5 B  \"hel\"...",
	  "\"dir\":\"c2s\",\"op\":\"text\",\"opcode\":1,\"fin\":true,\"rsv\":0,\"masked\":true,"
	  "\"mask\":\"01020304\",\"len\":5,\"hdr_len\":6,\"seq\":1184,\"offset\":0,\"pid\":7,"
	  "\"comm\":\"app\",\"payload\":\"hel\",\"truncated\":true" },
	{ WST_C2S, 0x02, "a\xff", "-> binary -   -    mask 01020304      2 B  \"a\\xff\"",
	  "\"dir\":\"c2s\",\"op\":\"binary\",\"opcode\":2,\"fin\":false,\"rsv\":0,\"masked\":true,"
	  "\"mask\":\"01020304\",\"len\":2,\"hdr_len\":6,\"seq\":1195,\"offset\":11,\"pid\":7,"
	  "\"comm\":\"app\",\"payload_b64\":\"Yf8=\"" },
	{ WST_C2S, 0x80, "", "-> cont   FIN -    mask 01020304      0 B",
	  "\"dir\":\"c2s\",\"op\":\"cont\",\"opcode\":0,\"fin\":true,\"rsv\":0,\"masked\":true,"
	  "\"mask\":\"01020304\",\"len\":0,\"hdr_len\":6,\"seq\":1203,\"offset\":19,\"pid\":7,"
	  "\"comm\":\"app\",\"payload_b64\":\"\"" },
	{ WST_S2C, 0x89, "beat", "<- ping   FIN -    -                  4 B  \"beat\"",
	  "\"dir\":\"s2c\",\"op\":\"ping\",\"opcode\":9,\"fin\":true,\"rsv\":0,\"masked\":false,"
	  "\"len\":4,\"hdr_len\":2,\"seq\":2129,\"offset\":0,\"pid\":7,\"comm\":\"app\","
	  "\"payload_b64\":\"YmVhdA==\"" },
	{ WST_C2S, 0x8a, "beat", "-> pong   FIN -    mask 01020304      4 B  rtt 2.0 ms  \"beat\"",
	  "\"dir\":\"c2s\",\"op\":\"pong\",\"opcode\":10,\"fin\":true,\"rsv\":0,\"masked\":true,"
	  "\"mask\":\"01020304\",\"len\":4,\"hdr_len\":6,\"seq\":1209,\"offset\":25,\"pid\":7,"
	  "\"comm\":\"app\",\"payload_b64\":\"YmVhdA==\",\"rtt_us\":2000" },
	{ WST_S2C, 0xb3, "?", "<- op3    FIN RSV23 -                  1 B  \"?\"",
	  "\"dir\":\"s2c\",\"op\":\"op3\",\"opcode\":3,\"fin\":true,\"rsv\":3,\"masked\":false,"
	  "\"len\":1,\"hdr_len\":2,\"seq\":2135,\"offset\":6,\"pid\":7,\"comm\":\"app\","
	  "\"payload_b64\":\"Pw==\"" },
	{ WST_S2C, 0x88,
	  "\x03\xe9"
	  "bye",
	  "<- close  FIN -    -                  5 B  1001 going away: \"bye\"",
	  "\"dir\":\"s2c\",\"op\":\"close\",\"opcode\":8,\"fin\":true,\"rsv\":0,\"masked\":false,"
	  "\"len\":5,\"hdr_len\":2,\"seq\":2138,\"offset\":9,\"pid\":7,\"comm\":\"app\","
	  "\"payload_b64\":\"A+lieWU=\",\"code\":1001,\"reason\":\"bye\"" },
};

static void frames_of(bool json)
{
	char line[256];

	t.o.json = json;
	t.o.snaplen = 3;
	t.o.kinds &= ~KIND_VERDICT;
	starts();
	websocket(1);
	written();
	for (size_t i = 0; i < N(frames); i++) {
		unsigned int ms = t.now / NS_PER_MS + 1;

		frame(1, frames[i].dir, frames[i].b0, frames[i].payload);
		snprintf(line, sizeof(line), "08:26:40.%03u000 #1    app[7]          %s", ms,
			 frames[i].text);
		if (json)
			writes_object("frame", ms, frames[i].json);
		else
			writes(line, NULL);
	}
	assert_int_equal(end(), 0);
}

static void text_frames(void **state)
{
	frames_of(false);
}

static void json_frames(void **state)
{
	frames_of(true);
}

/* Each way in which TCP ends, of a connection without a frame. */
static const struct {
	uint8_t how;
	uint16_t first;
	const char *text;
	const char *json; /* up to the counters; NULL: all is told by "unseen" */
} hows[] = {
	{ 0, WST_FIRST_REMOTE,
	  "replaced by a new connection (its end is not in the capture) after 3.0 ms",
	  "\"duration_us\":3000,\"first\":\"remote\"" },
	{ WST_FIN, WST_FIRST_LOCAL, "server ended TCP (FIN), no Close frame after 3.0 ms",
	  "\"duration_us\":3000,\"first\":\"local\",\"how\":\"fin\","
	  "\"close_by\":\"server\",\"close_how\":\"fin\"" },
	{ WST_FIN, WST_FIRST_REMOTE, "client ended TCP (FIN), no Close frame after 3.0 ms",
	  "\"duration_us\":3000,\"first\":\"remote\",\"how\":\"fin\","
	  "\"close_by\":\"client\",\"close_how\":\"fin\"" },
	{ WST_RST_SENT, WST_FIRST_LOCAL, "server ended TCP (RST sent), no Close frame after 3.0 ms",
	  "\"duration_us\":3000,\"first\":\"local\",\"how\":\"rst\","
	  "\"close_by\":\"server\",\"close_how\":\"rst\"" },
	{ WST_RST_RECEIVED, WST_FIRST_REMOTE,
	  "client ended TCP (RST received), no Close frame after 3.0 ms",
	  "\"duration_us\":3000,\"first\":\"remote\",\"how\":\"rst\","
	  "\"close_by\":\"client\",\"close_how\":\"rst\"" },
	{ WST_TIMEOUT, WST_FIRST_REMOTE,
	  "given up: the client did not answer (timeout) after 3.0 ms",
	  "\"duration_us\":3000,\"first\":\"remote\",\"how\":\"timeout\","
	  "\"close_how\":\"timeout\"" },
	{ WST_EXIT, WST_FIRST_LOCAL,
	  "server ended TCP (process ended), no Close frame after 3.0 ms",
	  "\"duration_us\":3000,\"first\":\"local\",\"how\":\"exit\","
	  "\"close_by\":\"server\",\"close_how\":\"exit\"" },
	{ WST_REFUSED, WST_FIRST_REMOTE,
	  "no connection to 10.0.0.9:5001: refused, nothing listens there",
	  "\"duration_us\":3000,\"first\":\"remote\",\"how\":\"refused\","
	  "\"close_by\":\"client\",\"close_how\":\"refused\"" },
	{ WST_UNSEEN, 0, "closed: how and when was not seen", NULL },
};

#define NO_COUNTS                                                                              \
	"{\"frames\":0,\"bytes\":0,\"cont\":0,\"text\":0,\"binary\":0,\"close\":0,\"ping\":0," \
	"\"pong\":0,\"messages\":0}"
#define REST                                                                                      \
	",\"c2s\":" NO_COUNTS ",\"s2c\":" NO_COUNTS ",\"rtt_us\":120,\"retrans\":0,\"unread\":0," \
	"\"unsent\":0,\"gaps\":0,\"lost\":0"

static void text_ends(void **state)
{
	const char *counts =
		"                                         -> 0 frames 0 B  <- 0 frames "
		"0 B  tcp rtt 120 us";
	char line[256];

	for (size_t i = 0; i < N(hows); i++) {
		bool counted = hows[i].how != WST_REFUSED && hows[i].how != WST_UNSEEN;

		t.now = 0;
		t.o.kinds &= ~KIND_VERDICT;
		starts();
		websocket(1);
		written();
		ends(1, hows[i].how, hows[i].first);
		snprintf(line, sizeof(line), "08:26:40.004000 #1    app[7]             %s",
			 hows[i].text);
		writes(line, counted ? counts : NULL, NULL);
		assert_int_equal(end(), 0);
	}
}

static void json_ends(void **state)
{
	char fields[512];

	for (size_t i = 0; i < N(hows); i++) {
		t.now = 0;
		t.o.json = true;
		t.o.kinds &= ~KIND_VERDICT;
		starts();
		websocket(1);
		written();
		ends(1, hows[i].how, hows[i].first);
		snprintf(fields, sizeof(fields), "%s" REST, hows[i].json ? hows[i].json : "");
		writes_object("close", 4,
			      hows[i].json ? fields : "\"unseen\":true,\"close_how\":\"unseen\"");
		assert_int_equal(end(), 0);
	}
}

/* The counters on the way and at the end, and the close code that a frame carried. */
static void text_counters(void **state)
{
	starts();
	websocket(1);
	frame(1, WST_C2S, 0x81, "hello");
	frame(1, WST_S2C, 0x88, "\x0f\xa0");
	written();
	t.now += NS_PER_SEC;
	t.stats[1].unread = 9;
	t.stats[1].unsent = 8;
	t.stats[1].retrans = 7;
	t.stats[1].lost = 6;
	stats(1, WST_STATS, 0, 0);
	writes("08:26:41.008000 #1    app[7]             -> 1 frame 5 B  <- 1 frame 2 B  idle 1.00 "
	       "s  tcp rtt 120 us  7 retransmitted  9 bytes unread  8 bytes unsent  6 events lost",
	       NULL);
	t.stats[1].unread = t.stats[1].unsent = t.stats[1].retrans = t.stats[1].lost = 0;
	ends(1, WST_FIN, WST_FIRST_REMOTE);
	writes("08:26:41.009000 #1    app[7]             server closed (4000); client ended "
	       "TCP after 1.01 s",
	       "                                         -> 1 frame 5 B  <- 1 frame 2 B  tcp rtt "
	       "120 us",
	       "                                         last frame -> text, <- close; idle 1.00 s "
	       "before the end",
	       NULL);
	assert_int_equal(end(), 0);
}

static void midstream(uint64_t conn)
{
	struct wst_open o = { .t.h = header(WST_OPEN, conn, 0), .family = AF_INET };

	o.t.h.flags = WST_MIDSTREAM;
	o.lport = 9588;
	t.stats[conn] = (struct wst_stats){ .opened = t.now };
	record(&o, sizeof(o));
}

/* What could not be decoded, and why; of a process that is not known. */
static void text_undecoded(void **state)
{
	struct wst_resync r = { .skipped = 12, .why = WST_WHY_GAP };
	struct wst_opaque opaque = { .why = WST_WHY_TLS };

	starts();
	midstream(1);
	writes(DATE,
	       "08:26:40.001000 #1    -                  0.0.0.0:0 -> 0.0.0.0:9588  server, "
	       "already open",
	       NULL);
	t.stats[1].counts[WST_S2C].stream = 77;
	stats(1, WST_STATS, 0, 0);
	writes("08:26:40.002000 #1    -                  -> 0 frames 0 B  <- 77 bytes not decoded  "
	       "tcp rtt 120 us",
	       NULL);
	r.h = header(WST_RESYNC, 1, WST_S2C);
	record(&r, sizeof(r));
	writes("08:26:40.003000 #1    -               <- decoding again after 12 bytes not decoded "
	       "(gap)",
	       NULL);
	opaque.h = header(WST_OPAQUE, 1, WST_C2S);
	record(&opaque, sizeof(opaque));
	writes("08:26:40.004000 #1    -               -> TLS: its content is not visible here",
	       NULL);
	ends(1, WST_FIN, WST_FIRST_REMOTE);
	writes("08:26:40.005000 #1    -                  client ended TCP (FIN) seen for 4.0 "
	       "ms",
	       "                                         -> 0 frames 0 B  <- 77 bytes not decoded  "
	       "tcp rtt 120 us",
	       NULL);
	assert_int_equal(end(), 0);
}

static void json_undecoded(void **state)
{
	struct wst_resync r = { .skipped = 12, .why = WST_WHY_GAP };
	struct wst_opaque opaque = { .why = WST_WHY_TLS };

	t.o.json = true;
	starts();
	midstream(1);
	written();
	r.h = header(WST_RESYNC, 1, WST_S2C);
	record(&r, sizeof(r));
	writes_object("resync", 2, "\"dir\":\"s2c\",\"skipped\":12,\"why\":\"gap\"");
	opaque.h = header(WST_OPAQUE, 1, WST_C2S);
	record(&opaque, sizeof(opaque));
	writes_object("opaque", 3, "\"dir\":\"c2s\",\"why\":\"tls\"");
	assert_int_equal(end(), 0);
}

#define RSV_TEXT                                                                  \
	"app on 10.0.0.1:9588 sent a compressed frame (RSV1), and the handshake " \
	"did not agree on compression"
#define RSV_FIX "pass Sec-WebSocket-Extensions on in both directions, or switch compression off"

static void text_verdict(void **state)
{
	starts();
	websocket(1);
	written();
	frame(1, WST_S2C, 0xc1, "zip");
	writes("08:26:40.004000 #1    app[7]          <- text   FIN RSV1 -                  3 B",
	       "08:26:40.004000 #1    app[7]          !  rsv-not-agreed: " RSV_TEXT,
	       "                                         fix: " RSV_FIX, NULL);
	outputs__lost(t.outputs, START + t.now, 3);
	writes("08:26:40.005000 3 events lost: the event buffer was full (--ringbuf)", NULL);
	assert_int_equal(end(), 0);
	writes("", "What was wrong, the worst first:",
	       "     1 x  rsv-not-agreed  app on 10.0.0.1:9588  /ws", "          " RSV_TEXT,
	       "          fix: " RSV_FIX, "wstrace --explain rsv-not-agreed says more", NULL);
}

static void json_verdict(void **state)
{
	t.o.json = true;
	t.totals = (struct run_totals){ .frames = 1, .bytes = 3, .lost = 4, .refused = 2 };
	starts();
	websocket(1);
	frame(1, WST_S2C, 0xc1, "zip");
	written();
	assert_non_null(strstr(t.text,
			       "\"conn\":1,\"rule\":\"rsv-not-agreed\",\"severity\":\"error\","
			       "\"certainty\":\"certain\","
			       "\"text\":\"" RSV_TEXT "\",\"fix\":\"" RSV_FIX "\","
			       "\"hop\":{\"comm\":\"app\",\"listen\":\"10.0.0.1:9588\"},"
			       "\"evidence\":{\"dir\":\"s2c\",\"rsv\":4},\"legs\":[1]}\n"));
	outputs__lost(t.outputs, START + t.now, 3);
	writes("{\"type\":\"lost\",\"ts\":\"2025-11-22T08:26:40.005000000Z\","
	       "\"events\":3,\"where\":"
	       "\"ring buffer\"}",
	       NULL);
	assert_int_equal(end(), 0);
	writes("{\"type\":\"end\",\"ts\":\"2025-11-22T08:26:40.005000000Z\",\"conns\":1,"
	       "\"frames\":1,\"bytes\":3,\"lost\":4,\"not_followed\":2,\"verdicts\":[{\"rule\":"
	       "\"rsv-not-agreed\",\"severity\":\"error\",\"count\":1,\"port\":9588,\"path\":"
	       "\"/ws\"}]}",
	       NULL);
}

/* Ends connection conn, whose data waited once to be read, for us microseconds. */
static void ends_with_wait(uint64_t conn, uint64_t us)
{
	struct wst_hists h = { .h = header(WST_HISTS, conn, 0) };
	struct wst_hist *hist = &h.hist[WST_READ_DELAY];

	hist->sum = hist->max = us;
	hist->slots[hist_slot(us)] = 1;
	record(&h, sizeof(h));
	ends(conn, WST_FIN, WST_FIRST_REMOTE);
}

#define ROWS "                   us : count     distribution"

/* A percentile is the middle of a slot. */
static void text_histograms(void **state)
{
	t.o.histograms = true;
	t.o.kinds = KIND_CLOSE;
	starts();
	websocket(1);
	ends_with_wait(1, 20000);
	writes(DATE,
	       "08:26:40.005000 #1    app[7]             client ended TCP (FIN), no Close frame "
	       "after 4.0 ms",
	       "                                         -> 0 frames 0 B  <- 0 frames 0 B  tcp rtt "
	       "120 us",
	       "        wait in the receive queue: count 1, mean 20.0 ms, p50 18.4 ms, p90 18.4 "
	       "ms, p99 18.4 ms, max 20.0 ms",
	       "        " ROWS,
	       "             16384 -> 32767   : 1         "
	       "|****************************************|",
	       NULL);
	websocket(2);
	ends_with_wait(2, 40);
	written();
	assert_int_equal(end(), 0);
	writes("", "All 2 connections together:",
	       "wait in the receive queue: count 2, mean 10.0 ms, p50 43 us, p90 18.4 ms, p99 18.4 "
	       "ms, max 20.0 ms",
	       ROWS, /* empty rows are drawn, too */
	       "        32 -> 63      : 1         |****************************************|",
	       "        64 -> 127     : 0         |                                        |",
	       "       128 -> 255     : 0         |                                        |",
	       "       256 -> 511     : 0         |                                        |",
	       "       512 -> 1023    : 0         |                                        |",
	       "      1024 -> 2047    : 0         |                                        |",
	       "      2048 -> 4095    : 0         |                                        |",
	       "      4096 -> 8191    : 0         |                                        |",
	       "      8192 -> 16383   : 0         |                                        |",
	       "     16384 -> 32767   : 1         |****************************************|", "",
	       "Worst by wait in the receive queue:",
	       "  #1     p99 18.4 ms of 1  app[7]  10.0.0.9:5001  /ws?token=[redacted]",
	       "  #2     p99 40 us of 1  app[7]  10.0.0.9:5002  /ws?token=[redacted]", "",
	       "Who hung up:", "     2 x  client ended TCP (FIN), no Close frame", NULL);
}

/* The same in an object of its own, in the counters. */
static void json_histograms(void **state)
{
	t.o.json = true;
	t.o.histograms = true;
	starts();
	websocket(1);
	written();
	ends_with_wait(1, 20000);
	assert_non_null(strstr(written(),
			       ",\"read_delay\":{\"unit\":\"us\",\"count\":1,\"sum\":20000,"
			       "\"max\":20000,\"p50\":18431,\"p90\":18431,\"p99\":18431,"
			       "\"buckets\":[[16384,20479,1]]}"));
	assert_int_equal(end(), 0);
}

/* Names a file that is not there yet. */
static const char *new_path(void)
{
	static char path[32];

	strcpy(path, "/tmp/test_outputs.XXXXXX");
	close(mkstemp(path));
	unlink(path);
	return path;
}

static void conversation(void)
{
	websocket(1);
	frame(1, WST_C2S, 0x81, "hello");
	frame(1, WST_S2C, 0xc1, "zip");
	ends(1, WST_FIN, WST_FIRST_REMOTE);
}

static void report_file(void **state)
{
	int fd;

	t.o.snaplen = 5;
	t.o.report = new_path();
	starts();
	conversation();
	assert_int_equal(access(t.o.report, F_OK), -1); /* a page stands there once it is whole */
	assert_int_equal(end(), 0);
	fd = open(t.o.report, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(strncmp(content(fd), "<!doctype html>\n", 16), 0);
	assert_string_equal(t.text + strlen(t.text) - 8, "</html>\n");
	assert_non_null(strstr(t.text, "/ws?token=[redacted]"));
	assert_non_null(strstr(t.text, "rsv-not-agreed"));
	assert_non_null(strstr(t.text, "client ended TCP (FIN), no Close frame after 7.0 ms"));
	assert_null(strstr(t.text, "sekrit"));
	close(fd);
	unlink(t.o.report);
}

/* Whether the packet holds text. */
static bool holds(const struct pcapng_got *k, const char *text)
{
	return memmem(k->data, k->caplen, text, strlen(text));
}

/* Made-up TCP around what was said: 3 packets to open it, 2 heads, 2 frames, and its end. */
static void pcapng_file(void **state)
{
	struct pcapng_reader *r;
	struct pcapng_got k;
	const char *why;
	unsigned int n = 0, redacted = 0, frames = 0;
	FILE *f;

	t.o.snaplen = 5;
	t.o.write = new_path();
	starts();
	conversation();
	assert_int_equal(end(), 0);
	f = fopen(t.o.write, "r");
	assert_non_null(f);
	r = pcapng_reader__new(f);
	while (pcapng_reader__next(r, &k, &why) == 1) {
		n++;
		assert_false(holds(&k, "sekrit"));
		redacted += holds(&k, "GET /ws?token=");
		frames += holds(&k, "\x01\x02\x03\x04igohn") || holds(&k, "\xc1\x03zip");
	}
	assert_int_equal(n, 10);
	assert_int_equal(redacted, 1);
	assert_int_equal(frames, 2);
	pcapng_reader__free(r);
	fclose(f);
	unlink(t.o.write);
}

/* A disk without room: said once, with the file's name. */
static void files_on_a_full_disk(void **state)
{
	t.o.report = "/dev/full";
	starts();
	conversation();
	catch_stderr();
	assert_int_equal(end(), -ENOSPC);
	assert_string_equal(caught(), "wstrace: cannot write /dev/full: No space left on device\n");
}

static void captures_on_a_full_disk(void **state)
{
	t.o.write = "/dev/full";
	catch_stderr();
	assert_int_equal(begin(all), -ENOSPC);
	assert_string_equal(caught(), "wstrace: cannot write /dev/full: No space left on device\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_handshake),
		TEST(text_secrets),
		TEST(json_handshake),
		TEST(json_via_proxy),
		TEST(text_via_proxy),
		TEST(text_frames),
		TEST(json_frames),
		TEST(text_ends),
		TEST(json_ends),
		TEST(text_counters),
		TEST(text_undecoded),
		TEST(json_undecoded),
		TEST(text_verdict),
		TEST(json_verdict),
		TEST(text_histograms),
		TEST(json_histograms),
		TEST(report_file),
		TEST(pcapng_file),
		TEST(files_on_a_full_disk),
		TEST(captures_on_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
