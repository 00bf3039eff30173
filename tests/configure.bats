#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# configure stops before anything could go wrong later, and says what to do.
bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_TMPDIR"; }
configure() { "$BATS_TEST_DIRNAME/../configure" "$@"; }

@test "every missing library is named with its Debian package, all at once" {
    PKG_CONFIG_LIBDIR=/nonexistent run ! configure
    for package in libglusterfs-dev libtirpc-dev libxml2-dev libreadline-dev libmd-dev libcmocka-dev libjansson-dev python3-dev; do
        grep -E "^configure: error: .*apt-get install.* $package( |\$)" <<<"$output"
    done
}

@test "every missing header is named with its Debian package, all at once" {
    run ! configure ac_cv_header_{urcu_bp_h,uuid_uuid_h,sys_acl_h,openssl_sha_h}=no
    for package in liburcu-dev uuid-dev libacl1-dev libssl-dev; do
        grep -E "^configure: error: .*apt-get install.* $package( |\$)" <<<"$output"
    done
}

@test "flags that give other structure sizes than the installed library's stop it" {
    run ! configure --with-glusterfs-abi="-DSIZEOF_LONG=8 -DSIZEOF_INT=4 -DSIZEOF_SHORT=2 -DSIZEOF_LONG_LONG=8 -DGF_LINUX_HOST_OS -D_GNU_SOURCE"
    grep -q 'other structure sizes' <<<"$output"
    grep -q -- '--with-glusterfs-abi' <<<"$output"
}

@test "GlusterFS's folders are those that the installed GlusterFS names" {
    configure >/dev/null
    grep -qx "xlatordir = $(glusterfsd --print-xlatordir)" Makefile
    grep -qx "filterdir = $(dirname "$(glusterfsd --print-xlatordir)")/filter" Makefile
    grep -qx "peerdir = $(glusterfsd --print-libexecdir)" Makefile
}
