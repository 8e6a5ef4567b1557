// For tests: a folder that is removed, and a gRPC server on a socket in it.
#ifndef MPD_COMMON_TESTING_TEST_SERVER_H_
#define MPD_COMMON_TESTING_TEST_SERVER_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace mpd {

class TestFolder {
 public:
  TestFolder() {
    // Short: a socket's name has room for about 100 bytes.
    char path[] = "/tmp/mpd-XXXXXX";
    if (mkdtemp(path) == nullptr) ADD_FAILURE() << "no temporary folder";
    path_ = path;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Serves until destroyed; calls that run are then cancelled.
class TestServer {
 public:
  TestServer(const std::string& socket_path, grpc::Service* service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
    builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr);
  }
  ~TestServer() { Stop(); }

  void Stop() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_ = nullptr;
  }

 private:
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace mpd

#endif  // MPD_COMMON_TESTING_TEST_SERVER_H_
