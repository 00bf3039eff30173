/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * volume notify status.
 */
#include "cli/notify.h"

int
notify_status(struct notify *n, const struct reply *volume)
{
    (void)volume;
    emit_text(n->g.c.e, "Volume %s: notification is %s\n", n->g.c.volume, notify_is_on(&n->g) ? "on" : "off");
    return 0;
}
