#include "gateway/ca/authority/authority.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/logging.h"
#include "common/base/status.h"
#include "common/pki/pki_errors.h"
#include "gateway/ca/authority/self_signed_ca.h"

namespace mpd::ca {
namespace {

// An import is meant to last; what is there already is used to its end.
constexpr absl::Duration kLeastLifeOfAnImport = absl::Hours(24);
// Of the 64 bytes that a common name may have.
constexpr size_t kMaxVmId = 48;

}  // namespace

Authority::Authority(TrustFolder folder, Zone zone, std::string vm_id, Clock clock)
    : folder_(std::move(folder)),
      zone_(std::move(zone)),
      vm_id_(std::move(vm_id)),
      clock_(std::move(clock)),
      problem_(PkiErrors::NoVmKey(folder_.path(), "has not been read yet")) {}

absl::StatusOr<TrustFiles> Authority::ReadOrMake() const {
  ASSIGN_OR_RETURN(TrustFiles files, folder_.Read());
  if (files != TrustFiles()) return files;
  const std::string id = vm_id_.substr(0, kMaxVmId);
  ASSIGN_OR_RETURN(
      const CaPem made,
      MakeSelfSignedCa(absl::StrCat("mpd VM CA", id.empty() ? "" : " ", id), zone_.value()));
  files = {made.certificate, made.certificate, made.key, ""};
  RETURN_IF_ERROR(folder_.Replace(files));
  LOG_INFO("VM_CA_MADE", "No CA was there; a self-signed one is made",
           {{"folder", folder_.path()}});
  return files;
}

bool Authority::Reload() {
  absl::StatusOr<TrustFiles> files = ReadOrMake();
  if (!files.ok()) {
    Refuse(files.status());
    looked_ = false;
    return false;
  }
  if (looked_ && *files == seen_) return false;
  looked_ = true;
  seen_ = *files;
  if (files->root_certificate.empty() ||
      (files->root_key.empty() &&
       (files->signing_certificate.empty() || files->signing_key.empty()))) {
    Refuse(PkiErrors::NoVmKey(
        folder_.path(),
        "holds a part of rootCA.pem, vmCA.pem and vmCA-key.pem: all three belong "
        "together (or rootCA.pem and rootCA-key.pem)"));
    return false;
  }
  const auto trust = Trust::Verify(*files, zone_, clock_(), absl::ZeroDuration());
  if (!trust.ok()) {
    Refuse(trust.status());
    return false;
  }
  Set(*trust);
  return true;
}

absl::StatusOr<std::shared_ptr<const Trust>> Authority::trust() const {
  MutexLock lock(&mutex_);
  if (trust_ == nullptr) return problem_;
  return trust_;
}

void Authority::Set(std::shared_ptr<const Trust> trust) {
  LOG_INFO(
      "TRUST_LOADED", "Certificates are signed with this CA",
      {{"root", absl::BytesToHexString(trust->anchor_digest())},
       {"signing", absl::BytesToHexString(trust->signing_digest())},
       {"until", absl::FormatTime(absl::RFC3339_sec, trust->not_after(), absl::UTCTimeZone())}});
  MutexLock lock(&mutex_);
  trust_ = std::move(trust);
  problem_ = absl::OkStatus();
}

void Authority::Refuse(const absl::Status& problem) {
  MutexLock lock(&mutex_);
  if (SameError(problem_, problem)) return;
  problem_ = problem;
  LOG_ERROR(
      "TRUST_REFUSED", problem.message(),
      {{"folder", folder_.path()},
       {"follows", trust_ == nullptr ? "nothing can be signed" : "what was read before goes on"}});
}

absl::StatusOr<Authority::Imported> Authority::Import(TrustFiles files) {
  const absl::StatusOr<std::shared_ptr<const Trust>> before = trust();
  if (files.signing_certificate.empty() && !files.signing_key.empty()) {
    files.signing_certificate = files.root_certificate;
  } else if (files.signing_certificate.empty()) {
    RETURN_IF_ERROR(before.status());
    const TrustFiles& now = (*before)->files();
    files.signing_certificate = (*before)->signing_pem();
    files.signing_key = now.signing_key.empty() ? now.root_key : now.signing_key;
  }
  files.root_key.clear();
  ASSIGN_OR_RETURN(const std::shared_ptr<const Trust> trust,
                   Trust::Verify(files, zone_, clock_(), kLeastLifeOfAnImport));
  Imported imported = {trust, before.ok() ? (*before)->anchor_digest() : ""};
  if (before.ok() && trust->anchor_digest() == (*before)->anchor_digest() &&
      trust->signing_digest() == (*before)->signing_digest()) {
    return imported;
  }
  RETURN_IF_ERROR(folder_.Replace(files));
  looked_ = true;
  seen_ = files;
  Set(trust);
  return imported;
}

}  // namespace mpd::ca
