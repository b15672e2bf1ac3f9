#!/bin/bash
# First process of a node with systemd, until systemd takes its place. Called by pair.ts inside new mount, uts, ipc, pid
# namespaces and in the node's network: node-init.sh NAME NUMBER FOLDER CHECKOUT CGROUP
#
# The node sees this machine's files through an overlay whose writable part is in memory, the checkout at /opt/vipd (read
# only), and no unit of this machine that would touch the kernel's settings, mounts or terminals. It shares the kernel.
set -eu
name=$1 number=$2 folder=$3 checkout=$4 group=$5
root=$folder/root

mount -t tmpfs -o mode=755 "$name" "$folder/mem"
mkdir "$folder/mem/up" "$folder/mem/work" "$folder/mem/cg"
# A control group of the node's own; the namespace rooted there is made below, after the move into it.
mount -t cgroup2 cgroup2 "$folder/mem/cg"
mkdir -p "$folder/mem/cg/$group"
echo 0 > "$folder/mem/cg/$group/cgroup.procs"
umount "$folder/mem/cg"
mount -t overlay -o "lowerdir=/,upperdir=$folder/mem/up,workdir=$folder/mem/work" "$name" "$root"
cd "$root"

for target in sysinit basic multi-user sockets timers local-fs getty paths; do
  rm -rf "usr/lib/systemd/system/$target.target.wants" "etc/systemd/system/$target.target.wants"
done
mkdir -p usr/lib/systemd/system/sockets.target.wants etc/systemd/system etc/systemd/journald.conf.d
ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket usr/lib/systemd/system/sockets.target.wants/
printf '[Journal]\nStorage=volatile\nAudit=no\nReadKMsg=no\nForwardToWall=no\n' > etc/systemd/journald.conf.d/lab.conf
cat > etc/systemd/system/lab.target <<'UNIT'
[Unit]
Description=Lab node
Requires=basic.target systemd-journald.service
After=basic.target systemd-journald.service
AllowIsolate=yes
UNIT
for unit in systemd-udevd.service systemd-remount-fs.service; do ln -sf /dev/null "etc/systemd/system/$unit"; done
echo "$name" > etc/hostname
printf '%032x\n' "$number" > etc/machine-id
printf '127.0.0.1 localhost\n' > etc/hosts
: > etc/fstab

mkdir -p opt/vipd dev .host
mount --bind "$checkout" opt/vipd
mount -o remount,bind,ro opt/vipd
mount -t tmpfs -o mode=755 dev dev
mkdir dev/pts dev/shm dev/net
mknod -m 666 dev/null c 1 3; mknod -m 666 dev/zero c 1 5; mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8; mknod -m 666 dev/urandom c 1 9; mknod -m 666 dev/tty c 5 0
mknod -m 666 dev/net/tun c 10 200; mknod -m 600 dev/kmsg c 1 3; mknod -m 600 dev/console c 1 3
ln -s /proc/self/fd dev/fd; ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr
mount -t devpts -o newinstance,mode=620,ptmxmode=666 devpts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount -t proc proc proc
mount -t sysfs sys sys
mkdir -p run/lock
hostname "$name"
pivot_root . .host
# systemd must not see the host's whole tree of control groups: a namespace, and a file system mounted inside it.
# shellcheck disable=SC2016  # expanded by the inner shell
exec unshare --cgroup -- /bin/bash -c '
  mount -t cgroup2 cgroup2 /sys/fs/cgroup && umount -l /.host && rmdir /.host
  exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=lab.target --log-target=journal --show-status=no'
