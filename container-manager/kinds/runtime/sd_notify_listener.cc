#include "container-manager/kinds/runtime/sd_notify_listener.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/base/files.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

namespace asio = boost::asio;
using Datagrams = asio::local::datagram_protocol;

bool SaysReady(absl::string_view message) {
  for (const absl::string_view line : absl::StrSplit(message, '\n')) {
    if (line == "READY=1") return true;
  }
  return false;
}

}  // namespace

class SdNotifyListener::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context* loop, std::string path, std::function<void()> on_ready)
      : path_(std::move(path)), on_ready_(std::move(on_ready)), socket_(*loop), timer_(*loop) {}

  absl::Status Bind(const std::string& folder) {
    const int directory = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return FileError("open", folder, errno);
    const absl::Cleanup closer = [directory] { close(directory); };
    unlink(path_.c_str());
    boost::system::error_code error;
    socket_.open(Datagrams(), error);
    // By way of the folder's descriptor: a socket's whole path has room for 107 bytes only.
    const std::string through = absl::StrCat("/proc/self/fd/", directory, "/", kBootSocket);
    if (!error) socket_.bind(Datagrams::endpoint(through), error);
    return error ? FileError("listen at", path_, error.value()) : absl::OkStatus();
  }

  void Read() {
    socket_.async_receive(
        asio::buffer(data_),
        [self = shared_from_this()](const boost::system::error_code& error, size_t got) {
          if (error) return;
          if (!SaysReady(absl::string_view(self->data_.data(), got))) return self->Read();
          self->ready_ = true;
          self->Close();
          if (self->on_ready_) self->on_ready_();
        });
  }

  // Nobody can keep us busy by writing to what is not there.
  void Close() {
    if (!socket_.is_open()) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    unlink(path_.c_str());
    timer_.cancel();
  }

  Awaitable<bool> Ready(absl::Duration patience) {
    const std::shared_ptr<Impl> self = shared_from_this();
    if (!ready_ && socket_.is_open()) {
      timer_.expires_after(absl::ToChronoMilliseconds(patience));
      boost::system::error_code cancelled;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    co_return ready_;
  }

  absl::Duration age() const { return absl::Now() - begin_; }

 private:
  const std::string path_;
  const std::function<void()> on_ready_;
  const absl::Time begin_ = absl::Now();
  Datagrams::socket socket_;
  asio::steady_timer timer_;
  std::array<char, 4096> data_;
  bool ready_ = false;
};

SdNotifyListener::SdNotifyListener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
SdNotifyListener::~SdNotifyListener() { impl_->Close(); }

absl::StatusOr<std::shared_ptr<SdNotifyListener>> SdNotifyListener::Listen(
    asio::io_context* loop, const std::string& folder, std::function<void()> on_ready) {
  auto impl =
      std::make_shared<Impl>(loop, absl::StrCat(folder, "/", kBootSocket), std::move(on_ready));
  RETURN_IF_ERROR(impl->Bind(folder));
  impl->Read();
  return std::shared_ptr<SdNotifyListener>(new SdNotifyListener(std::move(impl)));
}

asio::awaitable<bool> SdNotifyListener::Ready(absl::Duration patience) {
  return impl_->Ready(patience);
}
absl::Duration SdNotifyListener::age() const { return impl_->age(); }

}  // namespace mpd::containers
