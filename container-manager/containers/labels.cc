#include "container-manager/containers/labels.h"

#include "absl/strings/str_cat.h"

namespace mpd::containers {
namespace {

constexpr char kTypeLabel[] = "mpd.type";
constexpr char kNameLabel[] = "mpd.name";

}  // namespace

absl::string_view LabelOf(const Labels& labels, const std::string& key) {
  const auto it = labels.find(key);
  return it == labels.end() ? absl::string_view() : it->second;
}

Labels IdentityLabels(const WorkloadId& id) {
  return {{kManagedLabel, "true"}, {kTypeLabel, id.type}, {kNameLabel, id.name}};
}

std::optional<WorkloadId> WorkloadOfLabels(const Labels& labels) {
  return WorkloadIdOfKey(
      absl::StrCat(LabelOf(labels, kTypeLabel), "/", LabelOf(labels, kNameLabel)));
}

bool IsManaged(const Labels& labels) { return LabelOf(labels, kManagedLabel) == "true"; }

bool IsOurs(const Labels& labels, const WorkloadId& id) {
  return IsManaged(labels) && LabelOf(labels, kTypeLabel) == id.type &&
         LabelOf(labels, kNameLabel) == id.name;
}

bool IsNamedAsLabelled(const ContainerSummary& summary) {
  if (!IsManaged(summary.labels) || summary.labels.count(kAddressLabel) == 0) return false;
  const auto id = WorkloadOfLabels(summary.labels);
  return id && id->ContainerName() == summary.name;
}

bool IsMadeFrom(const ContainerInfo& container, const ContainerSpec& spec) {
  if (!spec.image_id.empty() && container.image_id != spec.image_id) return false;
  const absl::string_view wanted = LabelOf(spec.labels, kSpecLabel);
  return !wanted.empty() && wanted == LabelOf(container.labels, kSpecLabel);
}

}  // namespace mpd::containers
