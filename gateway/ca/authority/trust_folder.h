// conf/caroot on the disk: what was pushed there, or made here, and replaced only as a whole.
#ifndef MPD_GATEWAY_CA_AUTHORITY_TRUST_FOLDER_H_
#define MPD_GATEWAY_CA_AUTHORITY_TRUST_FOLDER_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/ca/authority/trust.h"

namespace mpd::ca {

// rootCA.pem, vmCA.pem and vmCA-key.pem are what users and other programs know. Where mpd-ca wrote
// them, each is a symbolic link into `current`, which itself is a link to a folder "generation-<n>"
// that holds all three: the one rename of `current` replaces all of them. Files that are pushed
// over the links, or beside them (rootCA-key.pem), count as they are.
class TrustFolder {
 public:
  // `before` is called before each change of the disk, for tests that end the process there.
  explicit TrustFolder(std::string path, std::function<void()> before = nullptr)
      : path_(std::move(path)), before_(std::move(before)) {}

  const std::string& path() const { return path_; }

  // What is there; all empty where nothing is. FAILED_PRECONDITION (NO_VM_KEY) where a file can't
  // be read, is more than 64 KiB, or is neither a regular file nor such a link: it must not be
  // taken for absent.
  absl::StatusOr<TrustFiles> Read() const;

  // Makes the folder where absent. Whenever this process or the machine ends on the way, Read gives
  // what was there before, or `files`. FILE_ERROR.
  absl::Status Replace(const TrustFiles& files) const;

  // Removes what a Replace that was cut off has left.
  void RemoveLeftovers() const;

 private:
  // The folder that the links lead to; empty where there is none.
  std::string Current() const;
  absl::StatusOr<std::string> ReadOne(absl::string_view name, const std::string& current) const;
  bool IsLinked(absl::string_view name) const;
  absl::StatusOr<std::string> WriteGeneration(const TrustFiles& files) const;
  absl::Status Link(const std::string& target, const std::string& name) const;
  absl::Status LinkAll() const;
  std::vector<int> Generations() const;
  void Before() const {
    if (before_) before_();
  }

  const std::string path_;
  const std::function<void()> before_;
};

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_AUTHORITY_TRUST_FOLDER_H_
