{
  "targets": [
    {
      "target_name": "vipd",
      "sources": ["addon.c", "common.c", "callback.c", "fd.c", "datagram.c", "packet.c", "pacer.c", "pacer-calls.c", "keeper.c", "socket.c", "netlink.c", "unix.c", "process.c", "udp.c", "users.c", "inotify.c", "link.c", "bpf.c", "timer.c", "memory.c"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-std=c17", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"]
    }
  ]
}
