#include "common/async/folder_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <utility>

namespace mpd {

namespace asio = boost::asio;

class FolderWatcher::Impl : public std::enable_shared_from_this<FolderWatcher::Impl> {
 public:
  Impl(asio::io_context* loop, std::string folder, std::function<void()> on_change)
      : stream_(*loop), folder_(std::move(folder)), on_change_(std::move(on_change)) {}

  void Arm() {
    if (!stream_.is_open()) {
      const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
      if (fd < 0) return;
      stream_.assign(fd);
      Read();
    }
    // Adding the same folder again changes nothing; another folder under its name has a new number.
    const int watch =
        inotify_add_watch(stream_.native_handle(), folder_.c_str(),
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
    if (watch < 0 || watch == watch_) return;
    if (watch_ >= 0) inotify_rm_watch(stream_.native_handle(), watch_);
    watch_ = watch;
    if (on_change_) on_change_();
  }

  void Close() {
    on_change_ = nullptr;
    boost::system::error_code ignored;
    stream_.close(ignored);
  }

 private:
  void Read() {
    stream_.async_read_some(
        asio::buffer(buffer_),
        [self = shared_from_this()](const boost::system::error_code& error, size_t length) {
          if (error || !self->on_change_) return;
          self->ForgetRemovedFolder(length);
          self->on_change_();
          if (self->stream_.is_open()) self->Read();
        });
  }

  // The kernel ends a watch with its folder; the next one may get the same number.
  void ForgetRemovedFolder(size_t length) {
    for (size_t at = 0; at + sizeof(inotify_event) <= length;) {
      inotify_event event;
      std::memcpy(&event, buffer_.data() + at, sizeof(event));
      if (event.wd == watch_ && (event.mask & IN_IGNORED) != 0) watch_ = -1;
      at += sizeof(event) + event.len;
    }
  }

  asio::posix::stream_descriptor stream_;
  const std::string folder_;
  std::function<void()> on_change_;
  int watch_ = -1;
  std::array<char, 16 * 1024> buffer_;
};

FolderWatcher::FolderWatcher(asio::io_context* loop, std::string folder,
                             std::function<void()> on_change)
    : impl_(std::make_shared<Impl>(loop, std::move(folder), std::move(on_change))) {}

FolderWatcher::~FolderWatcher() { impl_->Close(); }

void FolderWatcher::Arm() { impl_->Arm(); }

}  // namespace mpd
