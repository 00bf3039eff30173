/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Whose doing a fop is: GlusterFS's clients do much that no user asked for. What they
 * mark, and what they do not, was found by looking; docs/gnotify-brick.md has the table.
 */
#include "xlators/gnotify/gnotify.h"

#include <glusterfs/common-utils.h>
#include <glusterfs/compat-uuid.h>

enum traffic
traffic_of(const call_frame_t *frame, dict_t *xdata)
{
    switch (frame->root->pid) {
    case GF_CLIENT_PID_SELF_HEALD: /* also of a heal in a mount */
    case GF_CLIENT_PID_GLFS_HEAL:
        return OF_A_HEAL;
    case GF_CLIENT_PID_GSYNCD: /* what users wrote elsewhere */
    case GF_CLIENT_PID_HADOOP:
    case GF_CLIENT_PID_NO_ROOT_SQUASH: /* users' doings that dht does as root */
        break;
    default:
        if (frame->root->pid < 0)
            return INTERNAL;
    }
    return xdata && dict_get(xdata, GLUSTERFS_INTERNAL_FOP_KEY) ? INTERNAL : OF_A_USER;
}

bool
attribute_is_internal(const char *name)
{
    static const char *const prefixes[] = {
        "trusted.glusterfs.", "trusted.afr.", "trusted.ec.",       "trusted.gfid",
        "trusted.pgfid.",     "trusted.dht.", "trusted.bit-rot.",  "trusted.tier.",
        "trusted.syncop",     "glusterfs.",   "glusterfs-",        "trusted.distribute.",
        "distribute.",        "virt-gfid",    "trusted.add-brick", "trusted.sec_ns.",
        "trusted.start-migration", "trusted.replace-brick",
    };

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    }
    return false;
}

bool
is_shard_folder(const uint8_t gfid[16])
{
    static const uint8_t shard[16] = {0xbe, 0x31, 0x86, 0x38, 0xe8, 0xa0, 0x4c, 0x6d,
                                      0x97, 0x7d, 0x7a, 0x93, 0x7a, 0xa8, 0x48, 0x06};
    static const uint8_t removed[16] = {0x77, 0xdd, 0x5a, 0x45, 0xdb, 0xf5, 0x45, 0x92,
                                        0xb3, 0x1b, 0xb4, 0x40, 0x38, 0x23, 0x02, 0xe9};

    return !memcmp(gfid, shard, 16) || !memcmp(gfid, removed, 16);
}
