#include "container-manager/testing/scripted_server.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <utility>

namespace mpd::containers {

std::string HttpAnswer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

ScriptedServer::ScriptedServer() {
  char folder[] = "/tmp/mpd-scripted-XXXXXX";
  folder_ = mkdtemp(folder);
  path_ = folder_ + "/podman.sock";
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_, 64) != 0) {
    abort();
  }
  thread_ = std::thread([this] { Run(); });
}

ScriptedServer::~ScriptedServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
  MutexLock lock(&mutex_);
  for (const int connection : kept_) close(connection);
  std::filesystem::remove_all(folder_);
}

void ScriptedServer::Expect(Script script) {
  MutexLock lock(&mutex_);
  scripts_.push_back(std::move(script));
}

std::vector<std::string> ScriptedServer::requests() const {
  MutexLock lock(&mutex_);
  return requests_;
}

int ScriptedServer::played() const {
  MutexLock lock(&mutex_);
  return played_;
}

void ScriptedServer::Run() {
  while (true) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    Script script;
    {
      MutexLock lock(&mutex_);
      if (!scripts_.empty()) {
        script = std::move(scripts_.front());
        scripts_.pop_front();
      }
    }
    Play(connection, script);
  }
}

void ScriptedServer::Play(int connection, const Script& script) {
  if (script.reads_request) {
    std::string request;
    size_t wanted = std::string::npos;
    char data[4096];
    while (request.size() < wanted) {
      const ssize_t count = read(connection, data, sizeof(data));
      if (count <= 0) break;
      request.append(data, static_cast<size_t>(count));
      const size_t head = request.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const size_t length = request.find("Content-Length: ");
      wanted = head + 4;
      if (length < head) wanted += static_cast<size_t>(atoi(request.c_str() + length + 16));
    }
    MutexLock lock(&mutex_);
    requests_.push_back(request);
  }
  for (const std::string& piece : script.pieces) {
    if (send(connection, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
  }
  MutexLock lock(&mutex_);
  ++played_;
  if (script.hangs) {
    kept_.push_back(connection);
    return;
  }
  close(connection);
}

}  // namespace mpd::containers
