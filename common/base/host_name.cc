#include "common/base/host_name.h"

#include <unistd.h>

namespace mpd {

std::string HostName() {
  // One byte more than gethostname may fill: a name that is cut off need not end in a zero.
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

}  // namespace mpd
