// mpdctl: the command line of mpd.
#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/ctl/ctl.h"

namespace {

bool WantsColor() {
  const char* no_color = getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

std::string DefaultEndpoint() {
  const char* root = getenv("MPD_RUN_ROOT");
  const bool given = root != nullptr && *root != '\0';
  return absl::StrCat("unix:", given ? root : "/run/mpd", "/gateway.sock");
}

}  // namespace

int main(int argc, char** argv) {
  const mpd::gateway::ctl::Terminal terminal = {.out = &std::cout,
                                                .err = &std::cerr,
                                                .color = WantsColor(),
                                                .progress = isatty(STDERR_FILENO) == 1,
                                                .screen = isatty(STDOUT_FILENO) == 1};
  return mpd::gateway::ctl::RunCtl(std::vector<std::string>(argv + 1, argv + argc), terminal,
                                   DefaultEndpoint());
}
