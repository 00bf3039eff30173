/* SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
 *
 * Run while building: writes the layout of GlusterFS's structures, as this compiler
 * with these headers sees it, as a Python module. No copy of them is kept by hand.
 */
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#include <glusterfs/xlator.h>
#include <glusterfs/gf-dirent.h>
#include <glusterfs/upcall-utils.h>

#define BEGIN(name, type) printf("    '%s': (%zu, [\n", name, sizeof(type))
#define FIELD(type, field, name, kind)                                         \
    printf("        ('%s', '%s', %zu, %zu),\n", name, kind,                    \
           offsetof(type, field), sizeof(((type *)0)->field))
#define END() printf("    ]),\n")

/* Where is a bit field? Set it and look. Prints (name, byte, bit). */
#define BIT(field, name)                                                       \
    do {                                                                       \
        ia_prot_t p = {0};                                                     \
        p.field = 1;                                                           \
        print_bit(name, (const unsigned char *)&p, sizeof(p));                 \
    } while (0)

static void
print_bit(const char *name, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            if (bytes[i] & (1 << bit))
                printf("    ('%s', %zu, %d),\n", name, i, bit);
        }
    }
}

static void
print_iatt(void)
{
#define F(field) FIELD(struct iatt, field, #field, "int")
#define S(field) FIELD(struct iatt, field, #field, "signed")
    BEGIN("iatt_t", struct iatt);
    F(ia_flags);
    F(ia_ino);
    F(ia_dev);
    F(ia_rdev);
    F(ia_size);
    F(ia_nlink);
    F(ia_uid);
    F(ia_gid);
    F(ia_blksize);
    F(ia_blocks);
    S(ia_atime);
    S(ia_mtime);
    S(ia_ctime);
    S(ia_btime);
    F(ia_atime_nsec);
    F(ia_mtime_nsec);
    F(ia_ctime_nsec);
    F(ia_btime_nsec);
    F(ia_attributes);
    F(ia_attributes_mask);
    FIELD(struct iatt, ia_gfid, "ia_gfid", "bytes");
    F(ia_type);
    FIELD(struct iatt, ia_prot, "ia_prot", "ia_prot_t");
    END();
#undef F
#undef S
}

static void
print_statvfs(void)
{
#define F(field) FIELD(struct statvfs, field, #field, "int")
    BEGIN("statvfs_t", struct statvfs);
    F(f_bsize);
    F(f_frsize);
    F(f_blocks);
    F(f_bfree);
    F(f_bavail);
    F(f_files);
    F(f_ffree);
    F(f_favail);
    F(f_flag);
    F(f_namemax);
    END();
#undef F
}

static void
print_objects(void)
{
    BEGIN("loc_t", loc_t);
    FIELD(loc_t, path, "path", "str");
    FIELD(loc_t, name, "name", "str");
    FIELD(loc_t, inode, "inode", "inode_t *");
    FIELD(loc_t, parent, "parent", "inode_t *");
    FIELD(loc_t, gfid, "gfid", "bytes");
    FIELD(loc_t, pargfid, "pargfid", "bytes");
    END();
    BEGIN("inode_t", inode_t);
    FIELD(inode_t, gfid, "gfid", "bytes");
    FIELD(inode_t, fd_count, "fd_count", "int");
    FIELD(inode_t, ref, "ref", "int");
    FIELD(inode_t, ia_type, "ia_type", "int");
    END();
    BEGIN("fd_t", fd_t);
    FIELD(fd_t, pid, "pid", "int");
    FIELD(fd_t, flags, "flags", "signed");
    FIELD(fd_t, inode, "inode", "inode_t *");
    FIELD(fd_t, anonymous, "anonymous", "int");
    END();
    BEGIN("xlator_t", xlator_t);
    FIELD(xlator_t, name, "name", "str");
    FIELD(xlator_t, type, "type", "str");
    END();
}

static void
print_small(void)
{
    BEGIN("gf_flock", struct gf_flock);
    FIELD(struct gf_flock, l_type, "l_type", "signed");
    FIELD(struct gf_flock, l_whence, "l_whence", "signed");
    FIELD(struct gf_flock, l_start, "l_start", "signed");
    FIELD(struct gf_flock, l_len, "l_len", "signed");
    FIELD(struct gf_flock, l_pid, "l_pid", "signed");
    END();
    BEGIN("iovec_t", struct iovec);
    FIELD(struct iovec, iov_base, "iov_base", "void *");
    FIELD(struct iovec, iov_len, "iov_len", "int");
    END();
    BEGIN("gf_lease", struct gf_lease);
    FIELD(struct gf_lease, lease_id, "lease_id", "bytes");
    END();
}

int
main(void)
{
    puts("# Generated while building: see layout.c.\n\n"
         "# structure: (size, [(field, kind, offset, size)])\n"
         "STRUCTURES = {");
    print_iatt();
    print_statvfs();
    print_objects();
    print_small();
    puts("}\n\n# permission bits of ia_prot_t: (name, byte, bit)\nPROT_BITS = [");
    BIT(suid, "suid");
    BIT(sgid, "sgid");
    BIT(sticky, "sticky");
    BIT(owner.read, "owner.read");
    BIT(owner.write, "owner.write");
    BIT(owner.exec, "owner.execn");
    BIT(group.read, "group.read");
    BIT(group.write, "group.write");
    BIT(group.exec, "group.execn");
    BIT(other.read, "other.read");
    BIT(other.write, "other.write");
    BIT(other.exec, "other.execn");
    puts("]");
    return fflush(stdout) || ferror(stdout);
}
