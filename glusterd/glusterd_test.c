/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Unit tests of what the glusterd plugin keeps on disk and of its small parts; the
 * programs themselves are tested on real daemons (tests/filter-*, tests/hooks-*).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/base64.h"
#include "glusterd/brick.h"
#include "glusterd/lock.h"
#include "glusterd/module.h"
#include "glusterd/run.h"
#include "glusterd/store.h"

static char workdir[64];
static struct site site;

static const char info[] =
    "type=0\ncount=1\nstatus=1\nversion=7\nuser.features.glupy-module=negative\n"
    "performance.nl-cache=off\nuser.a=b=c\nbrick-0=h:-b-x\n";

static void
put(const char *file, const char *text, size_t len)
{
    AUTO_FREE char *path = str_fmt("%s/%s", workdir, file);

    assert_int_equal(file_replace(path, text, len, 0600), 0);
}

static int
setup(void **state)
{
    (void)state;
    snprintf(workdir, sizeof(workdir), "/tmp/glusterd_test.XXXXXX");
    if (!mkdtemp(workdir))
        return -1;
    AUTO_FREE char *vols = str_fmt("%s/vols", workdir);
    AUTO_FREE char *v1 = str_fmt("%s/vols/v1", workdir);
    if (mkdir(vols, 0755) < 0 || mkdir(v1, 0755) < 0)
        return -1;
    return site_open(&site, workdir, NULL);
}

static int
teardown(void **state)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;

    (void)state;
    site_free(&site);
    return run((const char *[]){"rm", "-rf", workdir, NULL}, 10, &out);
}

static void
info_is_read(void **state)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;

    (void)state;
    put("vols/v1/info", info, strlen(info));
    assert_int_equal(volume_read(&site, "v1", &volume), 0);
    assert_int_equal(volume.version, 7);
    assert_int_equal(volume.status, 1);
    assert_int_equal(volume.options.count, 2);
    assert_string_equal(kv_get(&volume.options, "user.a"), "b=c");
    assert_true(volume_is_current(&site, "v1", &volume));
    put("vols/v1/info", info, strlen(info));
    assert_false(volume_is_current(&site, "v1", &volume));
}

static void
info_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(info); len++) {
        AUTO_VOLUME struct volume volume = VOLUME_INIT;

        put("vols/v1/info", info, len);
        assert_int_equal(volume_read(&site, "v1", &volume), -EBADMSG);
    }
}

static void
info_missing_or_huge_is_refused(void **state)
{
    AUTO_VOLUME struct volume volume = VOLUME_INIT;
    AUTO_FREE char *path = str_fmt("%s/vols/v1/info", workdir);

    (void)state;
    assert_int_equal(volume_read(&site, "v1", &volume), -ENOENT);
    put("vols/v1/info", info, strlen(info));
    assert_int_equal(truncate(path, 1LL << 30), 0);
    assert_int_equal(volume_read(&site, "v1", &volume), -EFBIG);
    put("vols/v1/info", "\0\0\0\n", 4);
    assert_int_equal(volume_read(&site, "v1", &volume), -EBADMSG);
}

static void
pending_values_come_back(void **state)
{
    AUTO_KV struct kv options = KV_INIT;
    AUTO_PENDING struct pending wrote = PENDING_INIT, pending = PENDING_INIT;

    (void)state;
    kv_set(&options, "user.features.glupy-module", "a,b");
    kv_set(&options, "user.empty", "");
    kv_set(&options, "user.newline", "a\nuser.other=1");
    kv_set(&options, "no-user", "1");
    assert_int_equal(pending_write(&site, "v1", 7, &options, &wrote), 0);
    assert_int_equal(pending_read(&site, "v1", 8, &pending), -ENOENT);
    assert_int_equal(pending_read(&site, "v1", 7, &pending), 0);
    assert_int_equal(pending.glusterd, getppid());
    assert_int_equal(pending.options.count, 1);
    assert_string_equal(kv_get(&pending.options, "user.features.glupy-module"),
                        "a,b");
    assert_true(pending_is_live(&pending));
    pending.boot -= PENDING_SECONDS + 1;
    assert_false(pending_is_live(&pending));
    pending.boot = boot_seconds() + 5; /* another boot's */
    assert_false(pending_is_live(&pending));
    pending.boot = boot_seconds();
    pending.start++; /* the pid is another process's now */
    assert_false(pending_is_live(&pending));
}

static void
pending_cut_anywhere_is_refused(void **state)
{
    AUTO_KV struct kv options = KV_INIT;
    AUTO_PENDING struct pending wrote = PENDING_INIT;
    AUTO_FREE char *path = str_fmt("%s/volext/pending/v1.7", workdir);
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;

    (void)state;
    kv_set(&options, "user.features.glupy-module", "negative");
    assert_int_equal(pending_write(&site, "v1", 7, &options, &wrote), 0);
    assert_int_equal(file_read(path, 65536, &text), 0);
    for (size_t len = 0; len < text.len; len++) {
        AUTO_PENDING struct pending pending = PENDING_INIT;

        assert_int_equal(file_replace(path, text.data, len, 0600), 0);
        assert_int_equal(pending_read(&site, "v1", 7, &pending), -EBADMSG);
    }
}

static bool
is_there(const char *volume, unsigned long long version)
{
    AUTO_FREE char *path = str_fmt("%s/volext/pending/%s.%llu", workdir, volume,
                                   version);

    return access(path, F_OK) == 0;
}

static void
pending_files_of_older_versions_are_removed(void **state)
{
    AUTO_KV struct kv options = KV_INIT;
    struct pending wrote;

    (void)state;
    kv_set(&options, "user.features.glupy-module", "negative");
    for (unsigned long long v = 8; v < 11; v++)
        assert_int_equal(pending_write(&site, "v1", v, &options, &wrote), 0);
    assert_int_equal(pending_write(&site, "v1.x", 3, &options, &wrote), 0);
    assert_int_equal(pending_write(&site, "v1.5", 3, &options, &wrote), 0);
    put("volext/pending/v1.9.Ab12Cd", "x", 1);
    pending_remove(&site, "v1", 10);
    assert_false(is_there("v1", 8));
    assert_false(is_there("v1", 9));
    assert_true(is_there("v1", 10));
    pending_remove(&site, "v1", 0);
    assert_false(is_there("v1", 10));
    assert_true(is_there("v1.x", 3));
    assert_true(is_there("v1.5", 3));
    AUTO_FREE char *left = str_fmt("%s/volext/pending/v1.9.Ab12Cd", workdir);
    assert_int_equal(access(left, F_OK), -1);
}

static void
records_of_bricks_are_kept_and_forgotten(void **state)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT, back = STRBUF_INIT;

    (void)state;
    assert_int_equal(record_read(&site, "v1", "h-b", &back), 0);
    assert_int_equal(back.len, 0);
    strbuf_str(&text, "v1-volext-glupy-negative features/glupy\n");
    assert_int_equal(record_write(&site, "v1", "h-b", &text), 0);
    assert_int_equal(record_read(&site, "v1", "h-b", &back), 0);
    assert_string_equal(back.data, text.data);
    store_forget(&site, "v1");
    strbuf_reset(&back);
    assert_int_equal(record_read(&site, "v1", "h-b", &back), 0);
    assert_int_equal(back.len, 0);
}

static void
a_lock_is_taken_from_a_holder_that_glusterd_would_wait_for(void **state)
{
    AUTO_LOCK struct lock first = LOCK_INIT, second = LOCK_INIT;

    (void)state;
    assert_int_equal(lock_take(&first, &site, "v1", LOCK_OTHER), 0);
    assert_true(lock_is_held(&first));
    assert_int_equal(lock_take(&second, &site, "v1", LOCK_GLUSTERD), 0);
    assert_true(lock_is_held(&second));
    assert_false(lock_is_held(&first));
    lock_drop(&second);
    assert_int_equal(lock_take(&second, &site, "v1", LOCK_OTHER), 0);
}

static void
names_that_lead_elsewhere_are_refused(void **state)
{
    (void)state;
    assert_false(site_is_volume_name(""));
    assert_false(site_is_volume_name("."));
    assert_false(site_is_volume_name(".."));
    assert_false(site_is_volume_name("a/b"));
    assert_true(site_is_volume_name("v-1_x"));
}

static void
base64_is_the_standard_one(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},
        {"foo", "Zm9v"},  {"foob", "Zm9vYg=="},  {"foobar", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        AUTO_STRBUF struct strbuf text = STRBUF_INIT, back = STRBUF_INIT;

        base64_encode(pairs[i][0], strlen(pairs[i][0]), &text);
        assert_string_equal(strbuf_text(&text), pairs[i][1]);
        assert_int_equal(base64_decode(pairs[i][1], strlen(pairs[i][1]), &back), 0);
        assert_string_equal(strbuf_text(&back), pairs[i][0]);
    }
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    assert_int_equal(base64_decode("Zg=", 3, &out), -EINVAL);
    assert_int_equal(base64_decode("Z!==", 4, &out), -EINVAL);
    assert_int_equal(base64_decode("Zg==Zg==", 8, &out), -EINVAL);
}

/* Reason why the module is not accepted, "" when it is. */
static char *
check(const char *source)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT, why = STRBUF_INIT;

    strbuf_str(&text, source);
    bool good = module_check(&site, "m", &text, &why);
    assert_true(good == !why.len);
    return strdup(strbuf_text(&why));
}

static void
modules_are_tried_in_a_scratch_process(void **state)
{
    static const struct {
        const char *source, *says;
    } cases[] = {
        {"class xlator:\n    pass\n", ""},
        {"def broken(:\n", "does not compile: invalid syntax, line 1"},
        {"x = 1\n", "defines no class xlator"},
        {"\n1/0\n", "does not import: ZeroDivisionError: division by zero, line 2"},
        {"import os\nos._exit(0)\n", "ended the interpreter while importing (status 0)"},
        {"print('ok m')\nraise SystemExit\n", "does not import: SystemExit: , line 2"},
    };

    (void)state;
    for (int again = 0; again < 2; again++) /* the second time from what is kept */
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
            AUTO_FREE char *why = check(cases[i].source);

            assert_string_equal(why, cases[i].says);
        }
}

static void
a_module_gains_nothing_at_import(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    AUTO_FREE char *why = check("import os\n"
                                "assert os.getuid() == 65534 and not os.getgroups()\n"
                                "try:\n"
                                "    os.write(os.open('/tmp/volext-import', os.O_CREAT | os.O_RDWR), b'x')\n"
                                "    raise SystemError\n"
                                "except OSError:\n"
                                "    pass\n"
                                "class xlator: pass\n");
    unlink("/tmp/volext-import");
    assert_string_equal(why, "");
}

static void
a_program_that_does_not_end_is_ended(void **state)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;

    (void)state;
    assert_int_equal(run((const char *[]){"sleep", "60", NULL}, 1, &out),
                     -ETIMEDOUT);
    assert_int_equal(run((const char *[]){"no-such-program", NULL}, 1, &out), 127);
}

static void
a_module_leaves_nothing_running_at_import(void **state)
{
    char at[] = "/tmp/glusterd_test.fifo.XXXXXX";
    int left;

    (void)state;
    if (geteuid() != 0)
        skip();
    /* whoever still lives has the other end open */
    assert_non_null(mkdtemp(at));
    AUTO_FREE char *fifo = str_fmt("%s/fifo", at);
    AUTO_FREE char *source = str_fmt("import os\n"
                                     "f = os.open('%s', os.O_WRONLY)\n"
                                     "if os.fork() == 0:\n"
                                     "    os.closerange(0, f)\n"
                                     "    os.closerange(f + 1, 64)\n"
                                     "    import time\n"
                                     "    time.sleep(30)\n"
                                     "class xlator: pass\n", fifo);
    assert_int_equal(chmod(at, 0755), 0);
    assert_int_equal(mkfifo(fifo, 0666), 0);
    assert_int_equal(chmod(fifo, 0666), 0);
    left = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(left >= 0);
    AUTO_FREE char *why = check(source);
    struct pollfd end = {.fd = left, .events = POLLIN};
    int ended = poll(&end, 1, 5000);
    close(left);
    unlink(fifo);
    rmdir(at);
    assert_string_equal(why, "");
    assert_int_equal(ended, 1);
}

static void
modules_that_others_can_write_are_refused(void **state)
{
    AUTO_FREE char *path = str_fmt("%s/volext/modules/m.py", workdir);
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    struct volgen_module module;
    const char *why;

    (void)state;
    if (geteuid() != 0)
        skip();
    strbuf_str(&source, "class xlator: pass\n");
    assert_false(module_find(&site, "m", NULL, &module, &why));
    assert_int_equal(module_put(&site, "m", &source), 0);
    assert_true(module_find(&site, "m", NULL, &module, &why));
    assert_true(module_find(&site, "m", module.digest, &module, &why));
    assert_false(module_find(&site, "m", "00", &module, &why));
    assert_int_equal(chmod(path, 0666), 0);
    assert_false(module_find(&site, "m", NULL, &module, &why));
    assert_string_equal(why, "is writable by others than root");
    assert_false(module_find(&site, "../m", NULL, &module, &why));
}

static void
a_refused_module_is_mended_by_putting_it_again(void **state)
{
    AUTO_FREE char *path = str_fmt("%s/volext/modules/m.py", workdir);
    AUTO_STRBUF struct strbuf source = STRBUF_INIT;
    struct volgen_module module;
    const char *why;

    (void)state;
    if (geteuid() != 0)
        skip();
    strbuf_str(&source, "class xlator: pass\n");
    assert_int_equal(module_put(&site, "m", &source), 0);
    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(module_put(&site, "m", &source), 0);
    assert_true(module_find(&site, "m", NULL, &module, &why));
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(module_put(&site, "m", &source), 0);
    assert_true(module_find(&site, "m", NULL, &module, &why));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(info_is_read),
        T(info_cut_anywhere_is_refused),
        T(info_missing_or_huge_is_refused),
        T(pending_values_come_back),
        T(pending_cut_anywhere_is_refused),
        T(pending_files_of_older_versions_are_removed),
        T(records_of_bricks_are_kept_and_forgotten),
        T(a_lock_is_taken_from_a_holder_that_glusterd_would_wait_for),
        T(names_that_lead_elsewhere_are_refused),
        T(base64_is_the_standard_one),
        T(modules_are_tried_in_a_scratch_process),
        T(a_module_gains_nothing_at_import),
        T(a_module_leaves_nothing_running_at_import),
        T(a_program_that_does_not_end_is_ended),
        T(modules_that_others_can_write_are_refused),
        T(a_refused_module_is_mended_by_putting_it_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
