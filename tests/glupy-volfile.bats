#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-3.0-or-later OR GPL-2.0-only
#
# glupy by a volfile written by hand: one process, no glusterd. Whatever a module
# does, the mount answers, and each operation ends once.
bats_require_minimum_version 1.5.0
load lib/pool

MODULES=/root/modules

setup_file() {
    [ -n "${STAGE:-}" ] || skip "STAGE is not set"
    export BATS_TEST_TIMEOUT=300
    pool_create $$
    node_boot c1
    on c1 sh -c "mkdir -p $MODULES && cp $BATS_TEST_DIRNAME/modules/*.py $MODULES && chmod 600 $MODULES/*"
}
teardown_file() { pool_stop; }

setup() { N=$BATS_TEST_NUMBER D=/srv/$BATS_TEST_NUMBER M=/mnt/$BATS_TEST_NUMBER LOG=/var/log/glusterfs/$BATS_TEST_NUMBER.log; }
teardown() {
    on c1 sh -c "umount $M || umount -l $M" 2>/dev/null || :
}

# node NAME BELOW MODULE [OPTION VALUE]...: a glupy volume of a volfile
node() {
    printf 'volume %s\n    type features/glupy\n    option module-name %s\n' "$1" "$3"
    [ "$3" = negative ] || echo "    option module-path $MODULES"
    local below=$2
    shift 3
    while [ $# -gt 0 ]; do echo "    option $1 $2"; shift 2; done
    printf '    subvolumes %s\nend-volume\n' "$below"
}

# serve [TEXT]: mounts posix, and what the text has above it
serve() {
    on c1 sh -c "mkdir -p $D $M; cat >/srv/$N.vol
        glusterfs -f /srv/$N.vol -l $LOG -p /run/$N.pid --attribute-timeout=0 --entry-timeout=0 $M" <<V
volume posix
    type storage/posix
    option directory $D
end-volume
$1
V
    wait_until 60 on c1 timeout 30 stat $M/.
}

fs() { on c1 timeout 60 "$@"; }
absent() { ! fs stat "$1" 2>/dev/null; }
errno() { # errno CMD...: the text after the last colon of what CMD complains
    run fs "$@"
    [ "$status" != 124 ] || echo hung
    echo "${output##*: }"
}
logged() { on c1 grep -q "$@" $LOG; }

# dump KEY: a counter of the instance, from a new statedump
dump() {
    on c1 sh -c 'rm -f /run/gluster/*.dump.*; read -r pid </run/$1.pid; kill -USR1 $pid
        until grep -q "DUMP-END-TIME" /run/gluster/*.dump.* 2>/dev/null; do :; done
        sed -n "s/^$2=//p" /run/gluster/*.dump.*' sh "$N" "$1"
}
at_rest() { [ "$(dump in-flight | sort -u)" = 0 ]; }

# All operations that a module of the first slice may see, through a mount
every_operation() {
    # shellcheck disable=SC2016
    fs sh -c 'cd $1 || exit
        echo x >a && mkdir d && mknod p p && ln -s a s && ln a l && mv l d/m && cat a &&
        rm p && rm s && rm d/m && rmdir d && stat a && ls -l && truncate -s 1 a &&
        touch a && chmod 600 a && ls -lR . && rm a' sh "$M"
}

@test "negative answers from memory, and forgets what is made" {
    serve "$(node g posix negative)"
    absent $M/a
    absent $M/a
    local fop
    for fop in 'touch N' 'mkdir N' 'mknod N p' 'ln -s x N' 'ln old N' 'mv old N'; do
        on c1 touch $M/old
        absent $M/name
        absent $M/name
        fs sh -c "cd $M && ${fop//N/name}"
        fs ls -d $M/name
        on c1 rm -rf $M/name $M/old
    done
    wait_until 60 at_rest
    [ "$(dump errors)" = 0 ]
}

@test "negative sees what others made within a second" {
    serve "$(node g posix negative)"
    absent $M/a
    on c1 touch $D/a
    wait_until 20 fs stat $M/a
}

@test "a module that takes part in every operation changes none" {
    serve "$(node g posix counts module-option.file /srv/counts)"
    every_operation
    wait_until 60 at_rest
    [ "$(dump errors)" = 0 ]
    local fop phase
    for fop in lookup create mknod mkdir symlink link unlink rmdir rename open stat; do
        for phase in fop cbk; do
            on c1 grep -qx "$fop $phase" /srv/counts
        done
    done
}

@test "with on-error pass, a module that raises is as if it were not there" {
    local where
    for where in fop wound cbk unwound; do
        serve "$(node g posix raises module-option.where $where)"
        every_operation
        wait_until 60 at_rest
        [ "$(dump errors)" -gt 10 ]
        logged RuntimeError
        [ "$(on c1 grep -c 'after winding lookup' $LOG)" -le 4 ]
        on c1 umount $M
    done
}

@test "with on-error fail, a module that raises answers EIO" {
    local where op answer
    for where in fop cbk; do
        on c1 sh -c "rm -rf $D; mkdir -p $D/d; touch $D/a $D/b $D/c"
        serve "$(node g posix raises module-option.but lookup module-option.where $where on-error fail)"
        for op in 'touch new' 'mkdir e' 'mknod p p' 'ln -s x s' 'ln a l' 'rm b' 'rmdir d' 'cat a' \
            'perl -e "rename qw(c f) or die qq(: \$!\n)"'; do # mv tries again another way
            answer=$(errno sh -c "cd $M && $op")
            echo "$where $op: $answer"
            [ "$answer" = "Input/output error" ]
        done
        wait_until 60 at_rest
        on c1 umount $M
    done
}

@test "what a module may not do is refused, and the operation ends" {
    serve "$(node g posix misbehaves timeout 2000)"
    on c1 touch $D/there
    local name
    for name in recurses exits forks winds-nothing succeeds-with-nothing of-another-kind wrong-type too-few \
        winds-twice unwinds-twice; do
        [ "$(errno stat $M/$name)" = "No such file or directory" ]
    done
    fs stat $M/there
    [ "$(dump refused)" -ge 2 ]
    logged StaleRequest
    wait_until 60 at_rest
    [ "$(dump timeouts)" = 0 ]
}

@test "a handler that forgets, blocks or loops is ended; other operations go on" {
    local answer
    serve "$(node g posix misbehaves timeout 300 on-error fail)"
    on c1 touch $D/there
    for name in forgets keeps blocks loops blocks loops keeps blocks; do
        [ "$(errno stat $M/$name)" = "Input/output error" ]
        fs stat $M/there
    done
    fs stat $M/uses-a-stale-one 2>&1 | grep 'No such file'
    wait_until 60 at_rest
    [ "$(dump timeouts)" -ge 7 ]
}

@test "with on-error pass, such a handler's operation is passed on" {
    serve "$(node g posix misbehaves timeout 300)"
    for name in forgets keeps blocks loops; do
        on c1 touch $D/$name
        fs stat $M/$name
    done
    wait_until 60 at_rest
}

@test "while a C function keeps Python for itself, operations pass; then Python is back" {
    serve "$(node g posix misbehaves timeout 200)"
    on c1 touch $D/hogs $D/there
    fs stat $M/hogs
    fs stat $M/there
    [ "$(dump timeouts)" -ge 1 ]
    again() { local n; n=$(dump timeouts); fs stat $M/there; [ "$(dump timeouts)" = "$n" ]; }
    wait_until 60 again
    wait_until 60 at_rest
}

@test "a module may answer from a thread of its own, and wind what it made" {
    serve "$(node g posix misbehaves)"
    on c1 touch $D/answers-later $D/there
    fs stat $M/answers-later
    fs stat $M/winds-its-own
    wait_until 60 at_rest
    [ "$(dump errors)" = 0 ]
}

@test "a module of functions works as one of methods" {
    serve "$(node g posix functions)"
    on c1 touch $D/hidden $D/there
    fs stat $M/there
    absent $M/hidden
    [ "$(dump errors)" = 0 ]
}

@test "C code that calls back into Python does not wait for itself, on any worker" {
    serve "$(node g posix calls_back threads 3)"
    on c1 touch $D/there
    # shellcheck disable=SC2016
    fs sh -c 'for i in 1 2 3 4 5 6; do
                  (for j in 1 2 3 4 5 6 7 8; do stat $1/there $1/none$i; done >/dev/null 2>&1) &
              done; wait' sh $M
    [ "$(dump state)" = running ]
    [ "$(dump calls)" -ge 48 ]
    [ "$(dump timeouts)" = 0 ]
    [ "$(dump errors)" = 0 ]
    wait_until 60 at_rest
}

@test "a module that does not import passes through, or EIO" {
    serve "$(node g posix no_import)"
    every_operation
    logged 'there_is_no_such_module'
    on c1 umount $M
    on c1 sh -c "sed -i 's/^    subvolumes/    option on-error fail\n&/' /srv/$N.vol
        glusterfs -f /srv/$N.vol -l $LOG -p /run/$N.pid $M"
    wait_until 60 logged 'Every operation ends with EIO'
    [ "$(errno stat $M/.)" = "Input/output error" ]
}

@test "a file that is not what the volume wants is not run" {
    local sum
    sum=$(on c1 sha256sum $MODULES/raises.py)
    serve "$(node g posix raises module-digest "${sum%% *}")"
    wait_until 60 logged 'before winding'
    on c1 umount $M
    on c1 sh -c "rm $LOG; cp $MODULES/raises.py $MODULES/changed.py; echo '#' >>$MODULES/changed.py"
    serve "$(node g posix changed module-digest "${sum%% *}")"
    every_operation
    logged "the volume wants ${sum%% *}"
    run ! logged RuntimeError
}

@test "a file or folder that others can write is not run" {
    on c1 sh -c "cp $MODULES/raises.py $MODULES/loose.py; chmod 666 $MODULES/loose.py"
    serve "$(node g posix loose)"
    every_operation
    logged 'module loose does not run'
    run ! logged RuntimeError
}

@test "inline, Python runs on the thread that brings the operation" {
    serve "$(node g posix counts threads inline module-option.file /srv/inline)"
    every_operation
    [ "$(dump errors)" = 0 ]
    on c1 umount $M
    serve "$(node g posix misbehaves threads inline timeout 300 on-error fail)"
    on c1 touch $D/there
    [ "$(errno stat $M/recurses)" = "Input/output error" ]
    [ "$(errno stat $M/loops)" = "Input/output error" ]
    [ "$(errno stat $M/keeps)" = "Input/output error" ]
    fs stat $M/there
    wait_until 60 at_rest
}

@test "many threads at once: negative neither loses nor invents a name" {
    serve "$(node g posix negative threads 4)"
    on c1 mkdir $D/n
    fs /usr/bin/python3 - "$M/n" <<'P'
import os, sys, threading
# each name is made and removed by one thread, which must always see what it did;
# others look for it all the time
top, wrong = sys.argv[1], []
stop = threading.Event()

def look():
    while not stop.is_set():
        for i in range(4):
            os.path.exists(f'{top}/{i}')

def make(i):
    path = f'{top}/{i}'
    ways = (lambda: os.mkdir(path), lambda: os.symlink('x', path), lambda: os.mknod(path),
            lambda: os.link(f'{top}/old', path),
            lambda: (open(f'{path}-t', 'w').close(), os.rename(f'{path}-t', path)))
    for n in range(150):
        ways[n % 5]()
        if not os.path.lexists(path):
            wrong.append((n, i))
        (os.rmdir if n % 5 == 0 else os.unlink)(path)

open(f'{top}/old', 'w').close()
lookers = [threading.Thread(target=look) for _ in range(4)]
makers = [threading.Thread(target=make, args=(i,)) for i in range(4)]
for t in lookers + makers: t.start()
for t in makers: t.join()
stop.set()
for t in lookers: t.join()
sys.exit(f'not seen: {wrong}' if wrong else 0)
P
    wait_until 60 at_rest
    [ "$(dump errors)" = 0 ]
}

@test "two instances of a module have nothing in common" {
    serve "$(node g posix negative; node h g negative; node i h counts module-option.file /srv/two)"
    absent $M/a
    fs touch $M/a
    fs stat $M/a
    [ "$(dump module | sort | uniq -c | awk '{print $1 $2}' | xargs)" = "1counts 2negative" ]
}

@test "an instance that is told to pass through does" {
    serve "$(node g posix raises passthrough on)"
    every_operation
    [ "$(dump errors)" = 0 ]
}

@test "unmounting ends the process" {
    serve "$(node g posix misbehaves timeout 100)"
    fs stat $M/blocks 2>&1 | grep 'No such file'
    on c1 umount $M
    wait_until 60 on c1 sh -c "! kill -0 \$(cat /run/$N.pid)"
}

@test "no mount has crashed" {
    [ -z "$(on c1 grep -l 'signal received' -r /var/log/glusterfs)" ]
}
