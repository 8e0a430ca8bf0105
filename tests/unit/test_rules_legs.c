// SPDX-License-Identifier: GPL-2.0-only
/* Recorded handshakes, silences and ends across a proxy. */
#include "events.h"
#include "facts/chain.h"

static void chain(void **state)
{
	struct two p = proxied_well();

	assert_int_equal(t.legs, 1);
	assert_string_equal(t.by, "key");
	closing(p.b, WST_S2C, 1000, "");
	closing(p.a, WST_S2C, 1000, "");
	ends(p.b, WST_FIN, WST_FIRST_REMOTE, 0);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 0);
	told("");
}

/* --path: a chain is judged as long as one of its connections is shown, and under its number. */
static void shown_in_part(bool a, bool b)
{
	struct conn *front, *back;

	front = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	front->shown = a;
	request(front, GET, FULL);
	back = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	back->shown = b;
	request(back, "GET /ws HTTP/1.0", "Connection: close\r\nSec-WebSocket-Key: " KEY "\r\n");
	told(a || b ? "upgrade-stripped" : "");
	assert_int_equal(!!diagnose__verdict(t.d, 0), a || b);
	assert_ptr_equal(t.told_of, b ? back : a ? front : NULL);
}

static void front_is_shown(void **state)
{
	shown_in_part(true, false);
}

static void none_is_shown(void **state)
{
	shown_in_part(false, false);
}

/* A front of nginx's and the connection behind it, both there before. */
static struct two midstream(uint8_t role)
{
	struct two p;

	p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	p.b = role == WST_CLIENT ?
		      opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588") :
		      opens(WST_SERVER, "app", 7, "10.0.0.1:9588", "10.0.0.1:40000");
	p.a->midstream = p.b->midstream = true;
	p.b->client_pid = role == WST_SERVER ? 812 : 0;
	return p;
}

static void masked(struct conn *c, uint32_t mask, uint64_t len)
{
	struct event e = frame_event(WST_C2S, 0x81, len);

	e.frame.mask = mask;
	give(&e, c, EV_FRAME);
}

static void through(const struct two *p, uint32_t mask, uint64_t len)
{
	masked(p->a, mask, len);
	t.now += MS;
	masked(p->b, mask, len);
}

static void by_mask(void **state)
{
	for (int role = WST_SERVER; role <= WST_CLIENT; role++) {
		struct two p = midstream(role);

		masked(p.a, 0x11111111, 5);
		masked(p.a, 0x22222222, 5);
		masked(p.b, 0x11111111, 5);
		assert_int_equal(t.legs, role);
		masked(p.b, 0x22222222, 5);
		assert_int_equal(t.legs, role + 1);
		assert_string_equal(t.by, "mask");
		through(&p, 0x33333333, 5);
		assert_int_equal(t.legs, role + 1);
		assert_null(p.a->proxy_delay);
		ends(p.b, role == WST_SERVER ? WST_EXIT : WST_FIN,
		     role == WST_SERVER ? WST_FIRST_LOCAL : WST_FIRST_REMOTE, 0);
		t.now += MS;
		ends(p.a, WST_FIN, WST_FIRST_LOCAL, 0);
		t.now += 10 * S; /* or the keys would be those of two fronts */
	}
	told("app-error no-goodbye"); /* of a remote backend it is not known that it is gone */
}

/* Other frames between, another length, the same key for all, or for several, another process. */
static void not_by_mask(void **state)
{
	struct two p = midstream(WST_CLIENT), q = midstream(WST_CLIENT);
	uint32_t key = 0x1234567;

	for (int i = 0; i < 5; i++) {
		through(&p, ++key, 5);
		masked(p.a, ++key, 5);
	}
	for (int i = 0; i < 5; i++)
		through(&p, 0x77777777, 5);
	for (int i = 0; i < 5; i++)
		through(&p, 0, 5);
	for (int i = 0; i < 5; i++) {
		masked(p.a, ++key, 5);
		masked(p.b, key, 6);
	}
	for (int i = 0; i < 5; i++) {
		masked(p.a, ++key, 5);
		masked(q.a, key, 5);
		masked(p.b, key, 5);
		masked(q.b, key, 5);
	}
	for (int i = 0; i < 5; i++) {
		masked(p.a, ++key, 5);
		t.now += 10 * S;
		masked(p.b, key, 5);
	}
	p.b->pid = 813;
	for (int i = 0; i < 5; i++)
		through(&p, ++key, 5);
	assert_int_equal(t.legs, 0);
	p.b->pid = 812;
	ends(q.a, WST_FIN, WST_FIRST_LOCAL, 0);
	for (int i = 0; i < 2; i++)
		through(&p, ++key, 5);
	assert_int_equal(t.legs, 1);
}

static void two_proxies_by_mask(void **state)
{
	struct conn *a = opens(WST_SERVER, "nginx", 1, "10.0.0.1:80", "10.0.0.9:5000");
	struct conn *b = opens(WST_SERVER, "haproxy", 2, "10.0.0.1:81", "10.0.0.1:5001");
	struct conn *c = opens(WST_SERVER, "app", 3, "10.0.0.1:82", "10.0.0.1:5002");

	a->midstream = b->midstream = c->midstream = true;
	b->client_pid = 1;
	c->client_pid = 2;
	for (uint32_t key = 1; key < 6; key++) {
		masked(a, key << 20, 5);
		masked(b, key << 20, 5);
		masked(c, key << 20, 5);
	}
	assert_int_equal(t.legs, 2);
	ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
	ends(b, WST_FIN, WST_FIRST_LOCAL, 0);
	ends(a, WST_FIN, WST_FIRST_LOCAL, 0);
	told("no-goodbye");
	assert_int_equal(t.chain, 3);
}

static void stripped(void **state)
{
	struct two p =
		proxied("GET /ws HTTP/1.0", "Connection: close\r\nSec-WebSocket-Key: " KEY "\r\n");

	response(p.b, "400 Bad Request", "");
	response(p.a, "400 Bad Request", "");
	told("upgrade-stripped");
	assert_int_equal(t.chain, 2);
	assert_non_null(strstr(t.text, "nginx on 10.0.0.1:12345"));
	assert_non_null(strstr(t.fix, "proxy_set_header"));
}

#define BARE "Connection: close\r\nSec-WebSocket-Key: " KEY "\r\n"

static void ends_both(struct two p)
{
	ends(p.b, WST_FIN, WST_FIRST_REMOTE, 0);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 0);
	t.now += 5 * S;
	diagnose__tick(t.d, t.now);
}

static void refused(struct two p)
{
	response(p.b, "400 Bad Request", "");
	response(p.a, "400 Bad Request", "");
	ends_both(p);
}

static struct two elsewhere(void)
{
	struct two p = {
		.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51545"),
	};

	request(p.a, "GET /websocket HTTP/1.1", FULL);
	t.now += MS;
	p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40001", "172.16.0.56:9588");
	request(p.b, "GET /websocket HTTP/1.1", FULL);
	response(p.b, "101 x", YES);
	response(p.a, "101 x", YES);
	closing(p.b, WST_S2C, 1000, "");
	closing(p.a, WST_S2C, 1000, "");
	return p;
}

/* What the proxy does elsewhere is learnt later: it is one verdict all the same. */
static void stripped_then_here(void **state)
{
	refused(proxied("GET /ws HTTP/1.0", BARE));
	ends_both(elsewhere());
	refused(proxied("GET /ws HTTP/1.0", BARE));
	refused(proxied("GET /ws HTTP/1.0", BARE));
	told("upgrade-stripped upgrade-stripped-here upgrade-stripped-here");
	assert_string_equal(diagnose__verdict(t.d, 0)->rule->id, "upgrade-stripped-here");
	assert_int_equal(diagnose__verdict(t.d, 0)->count, 3);
	assert_non_null(strstr(diagnose__verdict(t.d, 0)->text, "/websocket"));
	assert_null(diagnose__verdict(t.d, 1));
}

static void path_rewritten(void **state)
{
	struct two p = proxied("GET / HTTP/1.1", FULL);

	response(p.b, "404 Not Found", "");
	response(p.a, "404 Not Found", "");
	told("path-rewritten");
}

/* node's ws answers 400 to a path that is not its own. */
static void path_rewritten_for_ws(void **state)
{
	struct two p = proxied("GET / HTTP/1.1", FULL);

	response(p.b, "400 Bad Request", "");
	response(p.a, "400 Bad Request", "");
	told("path-rewritten");
	assert_non_null(strstr(t.text, "probably does not know: it answered 400 Bad Request"));
	assert_int_equal(t.certainty, LIKELY);
}

/* The same key from two clients at once is no chain. */
static void constant_key(void **state)
{
	struct conn *a = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
	struct conn *b = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.8:5000");

	request(a, GET, FULL);
	request(b, GET, FULL);
	assert_int_equal(t.legs, 0);
	told("");
}

/* The same in a file, which tells of no processes: at one server there is no chain. */
static void constant_key_in_a_file(void **state)
{
	for (int i = 0; i < 200; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.0.1.%d:5000", i);
		request(opens(WST_SERVER, "", 0, "10.0.0.1:80", from), GET, FULL);
	}
	assert_int_equal(t.legs, 0);
	told("");
}

/* A chain of legs with one key, each at another host, ends somewhere. */
static void endless_chain(void **state)
{
	for (int i = 0; i < 200; i++) {
		char at[32], from[32];

		snprintf(from, sizeof(from), "10.0.1.%d:5000", i);
		snprintf(at, sizeof(at), "10.0.1.%d:80", i + 1);
		request(opens(WST_SERVER, "", 0, at, from), GET, FULL);
	}
	for (int i = 0; i < 200; i++) {
		const struct facts *f = chain_first(t.conns[i].facts);
		int n = 0;

		for (; f; f = f->upstream)
			n++;
		assert_in_range(n, 2, 16);
	}
}

static void by_process(void **state)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:443", "10.0.0.9:51544"), *b;
	struct wst_opaque tls = { .why = WST_WHY_TLS };
	struct event e = { .opaque = &tls };

	give(&e, a, EV_OPAQUE);
	t.now += MS;
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(b, GET, FULL);
	assert_string_equal(t.by, "pid-time");
	told("");
}

static void upstream(uint8_t how, const char *status, const char *rule)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544"), *b;

	request(a, GET, FULL);
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	ends(b, how, WST_FIRST_REMOTE, 0);
	response(a, status, "");
	told(rule);
}

static void upstream_refused(void **state)
{
	upstream(WST_REFUSED, "502 Bad Gateway", "upstream-down");
}

static void upstream_unreachable(void **state)
{
	upstream(WST_TIMEOUT, "504 Gateway Time-out", "upstream-down");
}

static void upstream_mute(void **state)
{
	struct two p = proxied(GET, FULL);

	t.now += 60 * S;
	response(p.a, "504 Gateway Time-out", "");
	told("upstream-mute");
}

static void rejected_101(void **state)
{
	struct two p = proxied(GET, FULL);

	response(p.b, "101 x", YES);
	response(p.a, "502 Bad Gateway", "");
	told("proxy-rejected-101");
}

static void cut(uint64_t silence, const char *rule)
{
	struct two p = proxied_well();

	t.now += silence;
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, silence);
	t.now += MS / 16;
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, silence);
	told(rule);
}

static void idle(void **state)
{
	cut(60 * S + 3 * MS, "idle-timeout");
	assert_non_null(strstr(t.fix, "proxy_read_timeout"));
}

static void idle_uneven(void **state)
{
	cut(12345 * MS, "no-goodbye");
}

static void races(void **state)
{
	struct two p = proxied_well();

	for (int i = 0; i < 3; i++) {
		frame(p.a, WST_C2S, 0x89, 0);
		frame(p.b, WST_C2S, 0x89, 0);
		t.now += 59 * S;
	}
	t.now += S;
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 60 * S);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 60 * S);
	told("heartbeat-races");
}

/* What an application's client does is no proxy's timeout. */
static void backend_reset(void **state)
{
	struct two p = proxied_well();

	t.now += S / 3;
	ends(p.b, WST_RST_RECEIVED, WST_FIRST_REMOTE, S / 3);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, S / 3);
	told("reset");
	assert_non_null(strstr(t.text, "172.16.0.56:9588"));
}

/* A capture shows only that the ports are in use again. */
static void end_not_captured(void **state)
{
	struct two p = proxied_well();

	ends(p.b, 0, 0, 0);
	ends(p.a, 0, 0, 0);
	told("");
}

static void reloaded(void **state)
{
	struct conn *c[5];

	for (int i = 0; i < 5; i++) {
		c[i] = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
		request(c[i], GET, FULL);
		response(c[i], "101 x", YES);
	}
	for (int i = 0; i < 5; i++)
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, (7 * i + 3) * S / 11);
	told("reload reload reload reload reload");
}

static void slow_proxy(void **state)
{
	struct two p = proxied_well();

	for (int i = 0; i < 32; i++) {
		struct event e = frame_event(WST_S2C, 0x81, 5);

		e.frame.offset = 7 * i;
		give(&e, p.b, EV_FRAME);
		t.now += 80 * MS;
		give(&e, p.a, EV_FRAME);
	}
	assert_non_null(p.a->proxy_delay);
	told("proxy-slow");
}

/* A hop is named by what it listens on and by its container, at fault or not. */
static void names_of_hops(void **state)
{
	struct two p;

	p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	p.a->container = strdup("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	request(p.a, GET, FULL);
	p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, GET, "Sec-WebSocket-Key: " KEY "\r\n");
	told("upgrade-stripped");
	assert_non_null(strstr(t.text, "nginx on 10.0.0.1:12345, container 0123456789ab, removed"));
	assert_string_equal(t.hop, "nginx");
	assert_string_equal(t.listen, "10.0.0.1:12345");
	assert_int_equal(t.certainty, CERTAIN);
	free(p.a->container);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_of_hops),
		TEST(chain),
		TEST(front_is_shown),
		TEST(none_is_shown),
		TEST(by_mask),
		TEST(not_by_mask),
		TEST(two_proxies_by_mask),
		TEST(stripped),
		TEST(stripped_then_here),
		TEST(path_rewritten),
		TEST(constant_key),
		TEST(constant_key_in_a_file),
		TEST(endless_chain),
		TEST(by_process),
		TEST(upstream_refused),
		TEST(upstream_unreachable),
		TEST(upstream_mute),
		TEST(path_rewritten_for_ws),
		TEST(rejected_101),
		TEST(idle),
		TEST(idle_uneven),
		TEST(races),
		TEST(backend_reset),
		TEST(end_not_captured),
		TEST(reloaded),
		TEST(slow_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
