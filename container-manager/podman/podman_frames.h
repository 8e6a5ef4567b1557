// Puts back together what a stream delivers cut anywhere.
#ifndef MPD_CONTAINER_MANAGER_PODMAN_PODMAN_FRAMES_H_
#define MPD_CONTAINER_MANAGER_PODMAN_PODMAN_FRAMES_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "container-manager/podman/podman_interface.h"

namespace mpd::containers {

// Output of containers: frames of a byte that says which stream (1 out, 2 error), three zeros, four
// bytes of length (big-endian), and so many bytes.
class FrameReader {
 public:
  // Parts of a frame are passed on as they come. False stops.
  explicit FrameReader(std::function<bool(LogChunk)> on_chunk);
  // False once `on_chunk` said so.
  bool Add(absl::string_view data);

 private:
  const std::function<bool(LogChunk)> on_chunk_;
  std::string header_;
  size_t left_ = 0;  // of the frame's bytes
};

// Lines of text; a line longer than `limit` ends the stream.
class LineReader {
 public:
  LineReader(size_t limit, std::function<void(absl::string_view)> on_line);
  bool Add(absl::string_view data);

 private:
  const size_t limit_;
  const std::function<void(absl::string_view)> on_line_;
  std::string rest_;
};

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_PODMAN_PODMAN_FRAMES_H_
