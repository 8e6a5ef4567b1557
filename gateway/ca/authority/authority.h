// The trust that counts: loaded, made, followed and replaced.
#ifndef MPD_GATEWAY_CA_AUTHORITY_AUTHORITY_H_
#define MPD_GATEWAY_CA_AUTHORITY_AUTHORITY_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/types/names.h"
#include "gateway/ca/authority/trust.h"
#include "gateway/ca/authority/trust_folder.h"

namespace mpd::ca {

// Thread-safe. Reload and Import block on the disk and are called by one thread.
class Authority {
 public:
  using Clock = std::function<absl::Time()>;

  struct Imported {
    std::shared_ptr<const Trust> trust;
    // Of what counted before; equal to that of `trust` where nothing changed.
    std::string replaced_digest;
  };

  // `vm_id` names the CA that is made where none was pushed.
  Authority(TrustFolder folder, Zone zone, std::string vm_id, Clock clock = absl::Now);

  // Reads the folder. Where it holds nothing, a self-signed CA is made in it. What does not verify
  // is logged once, and the trust that counted before goes on. True when another trust counts now.
  bool Reload();

  // Why nothing can be signed: FAILED_PRECONDITION (NO_VM_KEY), CERTIFICATE_REFUSED.
  absl::StatusOr<std::shared_ptr<const Trust>> trust() const;

  // Verifies the files, with those of today in place of a signing pair that is not given, and
  // replaces the folder's. Errors: as Trust::Verify, FILE_ERROR; nothing has changed then.
  absl::StatusOr<Imported> Import(TrustFiles files);

  absl::Time now() const { return clock_(); }

 private:
  absl::StatusOr<TrustFiles> ReadOrMake() const;
  void Set(std::shared_ptr<const Trust> trust) ABSL_LOCKS_EXCLUDED(mutex_);
  void Refuse(const absl::Status& problem) ABSL_LOCKS_EXCLUDED(mutex_);

  const TrustFolder folder_;
  const Zone zone_;
  const std::string vm_id_;
  const Clock clock_;
  // What was last read, of the thread that reloads.
  TrustFiles seen_;
  bool looked_ = false;
  mutable Mutex mutex_;
  std::shared_ptr<const Trust> trust_ ABSL_GUARDED_BY(mutex_);
  absl::Status problem_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mpd::ca

#endif  // MPD_GATEWAY_CA_AUTHORITY_AUTHORITY_H_
