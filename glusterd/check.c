/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Does a module compile and import, and do its methods have names and arguments that
 * can be called? Its class is not made: that may need what only the real process has.
 * Tried in a scratch process: what a module does at import must not happen to the node,
 * so that process is nobody, may write no file, and is ended with all it started after
 * 10 s. The source goes in through a descriptor: no .pyc is ever read or written.
 */
#include <errno.h>
#include <sys/stat.h>

#include "common/log.h"
#include "glusterd/module.h"
#include "glusterd/run.h"

enum { CHECK_SECONDS = 10, REASON_MAX = 300, RESULT_MAX = 4096 };

/* Only output that ends in this word and the name counts as success: a module can
 * print, or end the process with status 0. */
static const char program[] =
    "import os, sys\n"
    "name, folder = sys.argv[1:3]\n"
    "def done(text):\n"
    "    os.write(out, ('\\0' + text).encode('utf-8', 'backslashreplace'))\n"
    "    os._exit(0)\n"
    "out = os.dup(1)\n"
    "os.dup2(2, 1)\n"
    "source = sys.stdin.buffer.read()\n"
    "if folder and os.path.isdir(os.path.join(folder, 'gluster')):\n"
    "    sys.path.insert(0, folder)\n"
    "import types\n"
    "module = types.ModuleType(name)\n"
    "module.__file__ = name + '.py'\n"
    "sys.modules[name] = module\n"
    "try:\n"
    "    code = compile(source, name + '.py', 'exec', dont_inherit=True)\n"
    "except BaseException as e:\n"
    "    at = ', line %d' % e.lineno if getattr(e, 'lineno', None) else ''\n"
    "    done('does not compile: %s%s' % (getattr(e, 'msg', None) or repr(e), at))\n"
    "try:\n"
    "    exec(code, module.__dict__)\n"
    "except BaseException as e:\n"
    "    at, tb = '', e.__traceback__\n"
    "    while tb:\n"
    "        if tb.tb_frame.f_code.co_filename == name + '.py':\n"
    "            at = ', line %d' % tb.tb_lineno\n"
    "        tb = tb.tb_next\n"
    "    done('does not import: %s: %s%s' % (type(e).__name__, e, at))\n"
    "if not isinstance(getattr(module, 'xlator', None), type):\n"
    "    done('defines no class xlator')\n"
    "try:\n"
    "    from gluster.glupy import check\n"
    "    check.check(module.xlator)\n"
    "except ImportError:\n"
    "    pass\n"
    "except TypeError as e:\n"
    "    done('does not work: %s' % e)\n"
    "except BaseException as e:\n"
    "    done('cannot be looked at: %s: %s' % (type(e).__name__, e))\n"
    "done('ok ' + name)\n";

/* In: raw output; out: a sentence of one line. */
static void
clean(const char *from, struct strbuf *out)
{
    for (const char *c = from; *c && out->len < REASON_MAX; c++)
        strbuf_char(out, (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c);
}

/* The text after the last NUL of what the scratch process wrote. */
static const char *
last_word(const struct strbuf *out)
{
    const char *nul = out->len ? memrchr(out->data, '\0', out->len) : NULL;

    return nul ? nul + 1 : NULL;
}

static bool
try_import(const char *name, const struct strbuf *source, struct strbuf *why,
           bool *lasting)
{
    AUTO_STRBUF struct strbuf out = STRBUF_INIT;
    AUTO_FREE char *ok = str_fmt("ok %s", name);
    const struct run scratch = {
        .argv = (const char *[]){PYTHON3, "-I", "-B", "-c", program, name,
                                 PYTHONDIR, NULL},
        .seconds = CHECK_SECONDS,
        .input = source->data,
        .input_len = source->len,
        .unprivileged = true,
        .output_max = RESULT_MAX,
    };
    int ret = run_with(&scratch, &out);
    const char *said = last_word(&out);

    *lasting = true;
    if (!ret && said && ok && !strcmp(said, ok))
        return true;
    if (said && strncmp(said, "ok ", 3))
        clean(said, why);
    else if (ret == -ETIMEDOUT) {
        *lasting = false; /* the machine may have been busy */
        strbuf_fmt(why, "did not finish importing within %d s", CHECK_SECONDS);
    } else if (ret < 0 || ret == 126 || ret == 127) {
        *lasting = false;
        strbuf_fmt(why, "could not be tried with %s: %s", PYTHON3,
                   ret < 0 ? strerror(-ret) : "it cannot be run");
    } else
        strbuf_fmt(why, "ended the interpreter while importing (status %d)", ret);
    return false;
}

/* A result stands for these bytes, this volext and this interpreter. */
static char *
result_path(const struct site *site, const char *digest)
{
    struct stat st;
    long long built = stat(PYTHON3, &st) == 0 ? (long long)st.st_mtime : 0;
    long long ours = stat(PYTHONDIR "/gluster/glupy", &st) == 0
                         ? (long long)st.st_mtime : 0;

    return site_path(site, "modules/.checked/%s.%s.%llx.%llx", digest, PKGVERSION,
                     built, ours);
}

bool
module_check(const struct site *site, const char *name,
             const struct strbuf *source, struct strbuf *why)
{
    AUTO_STRBUF struct strbuf text = STRBUF_INIT;
    char digest[DIGEST_HEX];
    bool lasting;

    digest_bytes(strbuf_text(source), source->len, digest);
    AUTO_FREE char *path = result_path(site, digest);
    if (path && !file_read(path, RESULT_MAX, &text) && text.len) {
        if (!strcmp(text.data, "ok"))
            return true;
        strbuf_str(why, text.data);
        return false;
    }
    bool good = try_import(name, source, why, &lasting);
    const char *result = good ? "ok" : strbuf_text(why);
    if (path && lasting && !site_make_dir(site, "modules/.checked"))
        file_replace(path, result, strlen(result), 0600);
    return good;
}
