/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Which numbers are in GlusterFS's structures, under the names that Python's os module
 * and C's manual pages give them.
 */
#include "xlators/drive/json.h"

#include <sys/statvfs.h>

#include <glusterfs/upcall-utils.h>

#include "common/cleanup.h"

/* (type)-1 < 0 would be a warning where it is constant */
#define SIGNED(type, member) ((__typeof__(((type *)0)->member))-1 < 1)
#define FIELD(type, member, name) \
    {name, offsetof(type, member), sizeof(((type *)0)->member), SIGNED(type, member)}
#define SAME(type, member) FIELD(type, member, #member)

const struct drive_field drive_iatt_fields[] = {
    FIELD(struct iatt, ia_ino, "st_ino"),
    FIELD(struct iatt, ia_dev, "st_dev"),
    FIELD(struct iatt, ia_nlink, "st_nlink"),
    FIELD(struct iatt, ia_uid, "st_uid"),
    FIELD(struct iatt, ia_gid, "st_gid"),
    FIELD(struct iatt, ia_rdev, "st_rdev"),
    FIELD(struct iatt, ia_size, "st_size"),
    FIELD(struct iatt, ia_blksize, "st_blksize"),
    FIELD(struct iatt, ia_blocks, "st_blocks"),
    SAME(struct iatt, ia_flags),
    SAME(struct iatt, ia_attributes),
    SAME(struct iatt, ia_attributes_mask),
    {0},
};

#define TIME(name, member) \
    {name, offsetof(struct iatt, member), offsetof(struct iatt, member##_nsec)}

const struct drive_time drive_iatt_times[] = {
    TIME("st_atime_ns", ia_atime),
    TIME("st_mtime_ns", ia_mtime),
    TIME("st_ctime_ns", ia_ctime),
    TIME("st_btime_ns", ia_btime),
    {0},
};

const struct drive_field drive_flock_fields[] = {
    SAME(struct gf_flock, l_type),  SAME(struct gf_flock, l_whence),
    SAME(struct gf_flock, l_start), SAME(struct gf_flock, l_len),
    SAME(struct gf_flock, l_pid),   {0},
};

const struct drive_field drive_lease_fields[] = {
    SAME(struct gf_lease, cmd),
    SAME(struct gf_lease, lease_type),
    SAME(struct gf_lease, lease_flags),
    {0},
};

const struct drive_field drive_statvfs_fields[] = {
    SAME(struct statvfs, f_bsize),  SAME(struct statvfs, f_frsize),
    SAME(struct statvfs, f_blocks), SAME(struct statvfs, f_bfree),
    SAME(struct statvfs, f_bavail), SAME(struct statvfs, f_files),
    SAME(struct statvfs, f_ffree),  SAME(struct statvfs, f_favail),
    SAME(struct statvfs, f_fsid),   SAME(struct statvfs, f_flag),
    SAME(struct statvfs, f_namemax), {0},
};

int64_t
drive_field_get(const struct drive_field *f, const void *base)
{
    const char *p = (const char *)base + f->offset;

    switch (f->size) {
    case 2:
        return f->is_signed ? *(const int16_t *)p : (int64_t)*(const uint16_t *)p;
    case 4:
        return f->is_signed ? *(const int32_t *)p : (int64_t)*(const uint32_t *)p;
    default:
        return *(const int64_t *)p;
    }
}

bool
drive_field_set(const struct drive_field *f, void *base, int64_t value)
{
    char *p = (char *)base + f->offset;

    switch (f->size) {
    case 2:
        *(uint16_t *)p = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)p = (uint32_t)value;
        break;
    default:
        *(int64_t *)p = value;
    }
    return drive_field_get(f, base) == value;
}

int
drive_fop_find(const char *name)
{
    for (int i = 0; i < GF_FOP_MAXVALUE; i++) {
        if (drive_fops[i].name && !strcmp(drive_fops[i].name, name))
            return i;
    }
    return -1;
}

int
drive_param_find(const struct drive_param *params, unsigned count, enum drive_kind kind)
{
    for (unsigned i = 0; i < count; i++) {
        if (params[i].kind == kind)
            return (int)i;
    }
    return -1;
}
