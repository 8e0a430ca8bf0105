// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/container.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "11111111_2222_3333_4444_555555555555"

static void test_found(void **state)
{
	static const struct {
		const char *path, *id;
	} rows[] = {
		{ "/docker/" ID, ID },
		{ "/system.slice/docker-" ID ".scope", ID },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" ID ".scope",
		  ID },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD
		  ".slice/cri-containerd-" ID ".scope",
		  ID },
		{ "/kubepods/besteffort/pod" POD "/" ID, ID },
		{ "/kubepods.slice/kubepods-pod" POD ".slice/crio-" ID ".scope", ID },
		{ "/machine.slice/libpod-" ID ".scope/container", ID },
		{ "/../docker-" ID ".scope", ID },
		{ "/lxc.payload.web/system.slice/nginx.service", "web" },
		{ "/lxc/web/system.slice/nginx.service", "web" },
		{ "/machine.slice/machine-web\\x2d1.scope/payload", "web-1" },
		{ "/machine.slice/systemd-nspawn@web.service/payload", "web" },
		/* the inner one */
		{ "/lxc.payload.web/docker/" ID, ID },
	};
	char id[CONTAINER_LEN];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!container_find(rows[i].path, id))
			fail_msg("none in %s", rows[i].path);
		assert_string_equal(id, rows[i].id);
	}
}

static void test_none(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"/user.slice/user-0.slice/session-1.scope",
		"/system.slice/nginx.service",
		"/system.slice/docker.service",
		"/docker",
		"/docker/buildx",
		"/lxc",
		"/lxc.payload.",
		"/a/lxc/b",
		"/lxc.monitor.web",
		"/docker/" ID "0",
		"/docker/x" ID,
		"/docker-" ID,
		"/system.slice/docker" ID ".scope",
		"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"/machine.slice/libpod-conmon-" ID ".scope",
		"/kubepods.slice/crio-conmon-" ID ".scope",
		"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator",
		"/kubepods.slice/kubepods-pod" POD ".slice",
		".scope",
		"-.scope",
	};
	char id[CONTAINER_LEN];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (container_find(paths[i], id))
			fail_msg("%s in %s", id, paths[i]);
}

/* Whoever may make cgroups gives them names. */
static void test_hostile(void **state)
{
	char path[600] = "/lxc.payload.", id[CONTAINER_LEN];

	memset(path + strlen(path), 'a', sizeof(path) - strlen(path) - 1);
	assert_true(container_find(path, id));
	assert_int_equal(strlen(id), CONTAINER_LEN - 1);
	assert_true(container_find("/machine-a\\x00b\\x1b\\xzz\\x2.scope", id));
	assert_string_equal(id, "a\\x00b\x1b\\xzz\\x2");
}

static void test_short(void **state)
{
	assert_int_equal(container_short(ID), 12);
	assert_int_equal(container_short("web"), 3);
	assert_int_equal(container_short("a-name-that-is-longer-than-twelve"), 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
