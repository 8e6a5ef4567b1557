// Tells when files in a folder change, by inotify: written, replaced by rename, removed.
#ifndef MPD_COMMON_ASYNC_FOLDER_WATCHER_H_
#define MPD_COMMON_ASYNC_FOLDER_WATCHER_H_

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace mpd {

// All on the loop's thread; no call comes after destruction there.
class FolderWatcher {
 public:
  // `on_change` may be called more often than there are changes, and is called once whenever the
  // folder has come into being: what it reads then is what there is.
  FolderWatcher(boost::asio::io_context* loop, std::string folder, std::function<void()> on_change);
  ~FolderWatcher();

  // Watches from here on. A folder that is absent, or is replaced, is watched as soon as a later
  // call finds it: call it now and then.
  void Arm();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace mpd

#endif  // MPD_COMMON_ASYNC_FOLDER_WATCHER_H_
