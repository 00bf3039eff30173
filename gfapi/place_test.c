/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of place.c: what names and mounts mean.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gfapi/connect.h"

static void
is(const struct connect_place *p, const char *server, const char *volume, const char *dir)
{
    if (server)
        assert_string_equal(p->server, server);
    else
        assert_null(p->server);
    assert_string_equal(p->volume, volume);
    assert_string_equal(p->dir, dir);
}

static void
names(void **state)
{
    static const struct {
        const char *spec, *server, *volume, *dir;
    } rows[] = {
        {"v1", NULL, "v1", "/"},
        {"host:v1", "host", "v1", "/"},
        {"host:/v1", "host", "v1", "/"},
        {"host:/v1/a//b:c/", "host", "v1", "/a/b:c"},
        {"10.0.0.1:v_1-x", "10.0.0.1", "v_1-x", "/"},
        {"fe80::1:v1", "fe80::1", "v1", "/"},
        {"fe80::1:/v1/d", "fe80::1", "v1", "/d"},
        {"[fe80::1]:v1", "fe80::1", "v1", "/"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
        const char *why = NULL;

        assert_int_equal(connect_place_parse(rows[i].spec, &place, &why), 0);
        is(&place, rows[i].server, rows[i].volume, rows[i].dir);
    }
}

static void
no_names(void **state)
{
    static const char *const bad[] = {"", ":v1", "host:", "host:/", "v 1", "v1\n", "host:v.1", ":/v1"};
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct connect_place place = CONNECT_PLACE_INIT;
        const char *why = NULL;

        assert_int_equal(connect_place_parse(bad[i], &place, &why), -EINVAL);
        assert_non_null(why);
        assert_null(place.volume);
    }
}

static const char mounts[] =
    "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
    "30 22 0:50 / /mnt/v1 rw,relatime shared:2 master:3 - fuse.glusterfs host:/v1 rw,x=1\n"
    "31 22 0:51 / /mnt/a\\040b\\134 rw - fuse.glusterfs host:/v2/sub\\040dir rw\n"
    "32 22 0:50 /d/e /srv/bind rw - fuse.glusterfs host:/v1 rw\n"
    "33 22 0:52 / /mnt/vol rw - fuse.glusterfs /etc/glusterfs/v.vol rw\n"
    "34 22 0:53 / / rw - fuse.glusterfs host:/root rw\n"
    "35 22 0:54 / /mnt/u rw - fuse.glusterfs /run/glusterd.socket:/v1 rw\n"
    "36 22 0:5\n";

static int
mounted(long id, const char *path, struct connect_place *place, char **type)
{
    AUTO_FCLOSE FILE *f = fmemopen((void *)(uintptr_t)mounts, strlen(mounts), "r");

    return connect_place_mounted(f, id, path, place, type);
}

static void
paths(void **state)
{
    static const struct {
        long id;
        const char *path, *server, *volume, *dir;
    } rows[] = {
        {30, "/mnt/v1", "host", "v1", "/"},
        {30, "/mnt/v1/x/y z", "host", "v1", "/x/y z"},
        {31, "/mnt/a b\\/f", "host", "v2", "/sub dir/f"},
        {32, "/srv/bind/f", "host", "v1", "/d/e/f"},
        {34, "/a/b", "host", "root", "/a/b"},
        {34, "/", "host", "root", "/"},
        {35, "/mnt/u/f", "/run/glusterd.socket", "v1", "/f"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_PLACE struct connect_place place = CONNECT_PLACE_INIT;
        AUTO_FREE char *type = NULL;

        assert_int_equal(mounted(rows[i].id, rows[i].path, &place, &type), 0);
        is(&place, rows[i].server, rows[i].volume, rows[i].dir);
    }
}

static void
no_paths(void **state)
{
    static const struct {
        long id;
        int ret;
        const char *type;
    } rows[] = {
        {22, -ENODEV, "ext4"}, {33, -EINVAL, "fuse.glusterfs"}, {36, -ENOENT, ""}, {37, -ENOENT, ""},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct connect_place place = CONNECT_PLACE_INIT;
        AUTO_FREE char *type = NULL;

        assert_int_equal(mounted(rows[i].id, "/x", &place, &type), rows[i].ret);
        assert_string_equal(type, rows[i].type);
        assert_null(place.volume);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(no_names),
        cmocka_unit_test(paths),
        cmocka_unit_test(no_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
