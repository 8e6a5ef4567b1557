// A server on a Unix socket that says what a test tells it to, byte for byte.
#ifndef MPD_CONTAINER_MANAGER_TESTING_SCRIPTED_SERVER_H_
#define MPD_CONTAINER_MANAGER_TESTING_SCRIPTED_SERVER_H_

#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "common/base/mutex.h"

namespace mpd::containers {

// What happens on one connection.
struct Script {
  std::vector<std::string> pieces;  // written one by one, each on the wire before the next
  bool reads_request = true;
  bool hangs = false;  // afterwards nothing comes, and the connection stays
};

class ScriptedServer {
 public:
  ScriptedServer();
  ~ScriptedServer();

  const std::string& socket_path() const { return path_; }
  // For the next connection that has none yet.
  void Expect(Script script);
  // What clients sent, one entry a connection.
  std::vector<std::string> requests() const;
  // How many scripts have been played to their end, or to the client's.
  int played() const;

 private:
  void Run();
  void Play(int connection, const Script& script);

  std::string folder_;
  std::string path_;
  int listener_ = -1;
  std::thread thread_;
  mutable Mutex mutex_;
  std::deque<Script> scripts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  int played_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<int> kept_ ABSL_GUARDED_BY(mutex_);
};

// An answer with a length.
std::string HttpAnswer(const std::string& status, const std::string& body);

}  // namespace mpd::containers

#endif  // MPD_CONTAINER_MANAGER_TESTING_SCRIPTED_SERVER_H_
