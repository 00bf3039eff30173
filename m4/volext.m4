# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
# What volext needs, each missing thing named with its Debian package.

# VOLEXT_MISSING(WHAT, PACKAGE): collect, so that one run names all of them
AC_DEFUN([VOLEXT_MISSING], [
  AC_MSG_WARN([$1 not found: apt-get install $2])
  volext_missing="$volext_missing $2"
])

# VOLEXT_PKG(VARIABLE, MODULE, DEBIAN-PACKAGE)
AC_DEFUN([VOLEXT_PKG], [
  PKG_CHECK_MODULES([$1], [$2], [], [VOLEXT_MISSING([$2], [$3])])
])

# VOLEXT_HEADER(HEADER, DEBIAN-PACKAGE)
AC_DEFUN([VOLEXT_HEADER], [
  AC_CHECK_HEADER([$1], [], [VOLEXT_MISSING([$1], [$2])])
])

# VOLEXT_TOOL(VARIABLE, PROGRAM, DEBIAN-PACKAGE)
AC_DEFUN([VOLEXT_TOOL], [
  AC_PATH_PROG([$1], [$2], [], [$PATH:/usr/sbin:/sbin])
  AS_IF([test -z "$$1"], [VOLEXT_MISSING([$2], [$3])])
])

AC_DEFUN([VOLEXT_NEEDS], [
  volext_missing=
  VOLEXT_PKG([GLUSTERFS], [glusterfs-api], [libglusterfs-dev])
  VOLEXT_PKG([TIRPC], [libtirpc], [libtirpc-dev])
  VOLEXT_PKG([XML], [libxml-2.0], [libxml2-dev])
  VOLEXT_PKG([READLINE], [readline], [libreadline-dev])
  VOLEXT_PKG([MD], [libmd], [libmd-dev])
  VOLEXT_PKG([ZLIB], [zlib], [zlib1g-dev])
  VOLEXT_PKG([XXHASH], [libxxhash], [libxxhash-dev])
  VOLEXT_PKG([CMOCKA], [cmocka], [libcmocka-dev])
  VOLEXT_PKG([JANSSON], [jansson], [libjansson-dev])
  VOLEXT_PKG([PYTHON_EMBED], [python3-embed], [python3-dev])
  VOLEXT_HEADER([urcu-bp.h], [liburcu-dev])
  VOLEXT_HEADER([uuid/uuid.h], [uuid-dev])
  VOLEXT_HEADER([sys/acl.h], [libacl1-dev])
  VOLEXT_HEADER([openssl/sha.h], [libssl-dev])
  VOLEXT_TOOL([STOCK_GLUSTERFSD], [glusterfsd], [glusterfs-server])
  VOLEXT_TOOL([STOCK_GLUSTERD], [glusterd], [glusterfs-server])
  # not PATH: an installed volext has a `gluster` of its own in front
  AC_ARG_WITH([stock-gluster],
    [AS_HELP_STRING([--with-stock-gluster=FILE], [the gluster program of GlusterFS itself])],
    [STOCK_GLUSTER=$withval],
    [STOCK_GLUSTER=$(dirname "$STOCK_GLUSTERFSD")/gluster])
  AC_SUBST([STOCK_GLUSTER])
  AS_IF([test -n "$volext_missing"],
    [AC_MSG_ERROR([missing packages; on Debian: apt-get install$volext_missing])])
])

# Where the installed GlusterFS keeps its parts, and whether our view of its
# structures is the library's. The macros that decide about the layout are not
# in the installed headers: they came from GlusterFS's own config.h.
AC_DEFUN([VOLEXT_GLUSTERFS], [
  GLUSTERFS_ABI="-DHAVE_ATOMIC_BUILTINS=1 -DSIZEOF_LONG=8 -DSIZEOF_INT=4 -DSIZEOF_SHORT=2 -DSIZEOF_LONG_LONG=8 -DGF_LINUX_HOST_OS -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64"
  AC_ARG_WITH([glusterfs-abi],
    [AS_HELP_STRING([--with-glusterfs-abi=FLAGS], [preprocessor flags that GlusterFS was built with])],
    [GLUSTERFS_ABI=$withval])
  AC_SUBST([GLUSTERFS_ABI])

  AC_ARG_WITH([xlatordir],
    [AS_HELP_STRING([--with-xlatordir=DIR], [GlusterFS's folder of translators])],
    [xlatordir=$withval], [xlatordir=$("$STOCK_GLUSTERFSD" --print-xlatordir)])
  AC_ARG_WITH([filterdir],
    [AS_HELP_STRING([--with-filterdir=DIR], [GlusterFS's folder of volfile filters])],
    [filterdir=$withval], [filterdir=$(dirname "$xlatordir")/filter])
  AC_ARG_WITH([peerdir],
    [AS_HELP_STRING([--with-peerdir=DIR], [GlusterFS's folder of peer commands])],
    [peerdir=$withval], [peerdir=$("$STOCK_GLUSTERFSD" --print-libexecdir)])
  AC_ARG_WITH([workdir],
    [AS_HELP_STRING([--with-workdir=DIR], [glusterd's working directory, where hooks go])],
    [gdworkdir=$withval], [gdworkdir=/var/lib/glusterd])
  AC_ARG_WITH([systemdunitdir],
    [AS_HELP_STRING([--with-systemdunitdir=DIR], [where systemd looks for units])],
    [systemdunitdir=$withval], [systemdunitdir=/etc/systemd/system])
  AC_ARG_WITH([configfile],
    [AS_HELP_STRING([--with-configfile=FILE], [where volext.conf goes and is read from])],
    [configfile=$withval], [configfile=/etc/glusterfs/volext.conf])
  AC_SUBST([xlatordir])
  AC_SUBST([filterdir])
  AC_SUBST([peerdir])
  AC_SUBST([gdworkdir])
  AC_SUBST([systemdunitdir])
  AC_SUBST([configfile])

  volext_save_CFLAGS=$CFLAGS volext_save_LIBS=$LIBS
  CFLAGS="$CFLAGS $GLUSTERFS_ABI $GLUSTERFS_CFLAGS -I/usr/include/glusterfs" LIBS="$GLUSTERFS_LIBS -ldl"
  AC_MSG_CHECKING([that GlusterFS's headers can be compiled])
  AC_LINK_IFELSE([AC_LANG_SOURCE([[
#include "$srcdir/m4/abi-check.c"
]])], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([GlusterFS's headers cannot be compiled or linked: config.log says what they miss])])
  AC_MSG_CHECKING([that structure sizes are those of the installed libglusterfs])
  AC_RUN_IFELSE([AC_LANG_SOURCE([[
#include "$srcdir/m4/abi-check.c"
]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([the GlusterFS headers with "$GLUSTERFS_ABI" give other structure sizes than the installed library uses (see above and config.log); give the flags that GlusterFS was built with by --with-glusterfs-abi])])
  CFLAGS=$volext_save_CFLAGS LIBS=$volext_save_LIBS
])

# Python comes from pkg-config, not from PATH: the interpreter that is embedded
# and the one that compiles and checks modules must be the same.
AC_DEFUN([VOLEXT_PYTHON], [
  PKG_CHECK_VAR([PYTHON_PREFIX], [python3-embed], [exec_prefix])
  PYTHON3=$PYTHON_PREFIX/bin/python3
  AS_IF([test ! -x "$PYTHON3"], [AC_MSG_ERROR([$PYTHON3 not found: apt-get install python3])])
  AC_SUBST([PYTHON3])

  # Where python3 looks for what the administrator installs (or, with the prefix /usr, the
  # packager). A prefix that python3 knows nothing of has no such folder.
  AS_IF([test "x$prefix" = xNONE], [volext_prefix=$ac_default_prefix], [volext_prefix=$prefix])
  AC_ARG_WITH([python-sitedir],
    [AS_HELP_STRING([--with-python-sitedir=DIR],
      [where `import gluster.glupy' shall work from; no: only with PYTHONPATH])],
    [], [with_python_sitedir=`"$PYTHON3" -I -c 'import sys, sysconfig
prefix = sys.argv@<:@1@:>@
scheme = "deb_system" if "deb_system" in sysconfig.get_scheme_names() and prefix == "/usr" else None
path = sysconfig.get_path("purelib", scheme) if scheme else sysconfig.get_path("purelib")
print(path if path.startswith(prefix + "/") else "no")' "$volext_prefix"`])
  AS_CASE([$with_python_sitedir], [yes|''], [with_python_sitedir=no], [no|/*], [],
    [AC_MSG_ERROR([--with-python-sitedir wants an absolute path or no])])
  AS_IF([test "$with_python_sitedir" = no],
    [AC_MSG_NOTICE([python3 will find gluster.glupy only with PYTHONPATH (--with-python-sitedir)])])
  python_sitedir=$with_python_sitedir
  AC_SUBST([python_sitedir])
  AM_CONDITIONAL([PYTHON_SITE], [test "$python_sitedir" != no])
])
