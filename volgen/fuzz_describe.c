/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Fuzz target: any bytes as the description of an extension. What is accepted is
 * whole: a table entry that every user of the table can rely on.
 */
#include <errno.h>
#include <stdint.h>

#include "common/must.h"
#include "volgen/describe.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    AUTO_STRBUF struct strbuf why = STRBUF_INIT, told = STRBUF_INIT;
    struct described *d = NULL;
    int ret = described_parse("/x/fuzz.conf", "fuzz", (const char *)data, len, &d, &why);

    if (ret) {
        MUST(!d && !strncmp(strbuf_text(&why), "/x/fuzz.conf:", 13));
        return 0;
    }
    const struct volgen_extension *e = &d->extension;
    MUST(e->xlator && e->help && e->kinds && e->position && !why.len);
    MUST(e->options[0].key == e->switch_key);
    MUST(!e->inactive_key == !e->inactive_value);
    for (size_t i = 0; i < e->option_count; i++) {
        const struct volgen_option *o = &e->options[i];

        MUST(o->key && o->def && o->help && (!i || o->xlator_option));
        if (*o->def)
            MUST(volgen_check(o, o->key, o->def, &told) == 0);
        volgen_check(o, o->key, "12", &told);
        MUST(volgen_check(o, o->key, "", &told) == -EINVAL);
    }
    described_free(d);
    return 0;
}
