/* What a network interface says of its carrier, asked by ioctl: for links whose netlink notifications cannot be trusted. */
#include "common.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each returns 1 or 0, or -1 with errno. */
static int by_mii(int fd, struct ifreq *request) {
  struct mii_ioctl_data *data = (struct mii_ioctl_data *)&request->ifr_data;
  if (ioctl(fd, SIOCGMIIPHY, request) != 0) return -1;
  data->reg_num = MII_BMSR;
  /* A lost link stays noted until it was read once. */
  if (ioctl(fd, SIOCGMIIREG, request) != 0 || ioctl(fd, SIOCGMIIREG, request) != 0) return -1;
  return (data->val_out & BMSR_LSTATUS) != 0;
}

static int by_ethtool(int fd, struct ifreq *request) {
  struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
  request->ifr_data = (char *)&value;
  if (ioctl(fd, SIOCETHTOOL, request) != 0) return -1;
  return value.data != 0;
}

static int by_flags(int fd, struct ifreq *request) {
  if (ioctl(fd, SIOCGIFFLAGS, request) != 0) return -1;
  return (request->ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

static napi_value link_carrier(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  char name[IFNAMSIZ], method[8];
  if (!args(env, info, 2, argv) || !arg_string(env, argv[0], "name", name, sizeof name) ||
      !arg_string(env, argv[1], "method", method, sizeof method))
    return NULL;
  int (*const ask)(int, struct ifreq *) = strcmp(method, "mii") == 0       ? by_mii
                                          : strcmp(method, "ethtool") == 0 ? by_ethtool
                                          : strcmp(method, "flags") == 0   ? by_flags
                                                                           : NULL;
  if (ask == NULL) return throw_type(env, "method must be 'mii', 'ethtool' or 'flags'");
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return throw_errno(env, errno, "socket");
  struct ifreq request;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, name, sizeof name);
  const int answer = ask(fd, &request);
  const int error = errno;
  close(fd);
  return answer < 0 ? throw_errno(env, error, "ioctl") : boolean(env, answer == 1);
}

static const struct method METHODS[] = {{"linkCarrier", link_carrier}, {NULL, NULL}};

void register_link(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
