#include "container-manager/containers/container_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace mpd::containers {
namespace {

std::string Tail(absl::string_view log) {
  return log.empty() ? "it printed nothing" : absl::StrCat("its log: ", log);
}

}  // namespace

absl::Status ContainerErrors::Foreign(absl::string_view container) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("a container named ", container,
                                " exists that mpd did not make; remove or rename it"),
                   "FOREIGN_CONTAINER", {{"container", container}});
}

absl::Status ContainerErrors::ForeignVolume(absl::string_view volume) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("a volume named ", volume,
                                " exists that mpd did not make; save what is in it and remove it"),
                   "FOREIGN_VOLUME", {{"volume", volume}});
}

absl::Status ContainerErrors::NetworkDiffers(absl::string_view network,
                                             absl::string_view difference) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("the Podman network ", network, " is not as configured: ", difference,
                   "; remove its containers and the network, or change network in "
                   "the configuration"),
      "NETWORK_DIFFERS", {{"network", network}, {"difference", difference}});
}

absl::Status ContainerErrors::VolumeLost(absl::string_view volume, absl::string_view container) {
  const std::string obstacle =
      container.empty()
          ? "and mpd did not make it: remove it (podman volume rm)"
          : absl::StrCat("and the container ", container,
                         ", which mpd did not make, uses it: remove that one (podman rm)");
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the data volume ", volume, " has lost its folder, ", obstacle),
                   "VOLUME_LOST", {{"volume", volume}, {"container", container}});
}

absl::Status ContainerErrors::ImageMissing(absl::string_view image) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the image ", image,
                                " is not in Podman's storage; load it (deploy/images/load)"),
                   "IMAGE_MISSING", {{"image", image}});
}

absl::Status ContainerErrors::PullFailed(absl::string_view image, absl::string_view problem) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the image ", image, " cannot be fetched: ", problem,
                                "; see that the version exists and that this machine reaches the "
                                "registry, or name another image in the configuration (images)"),
                   "IMAGE_PULL_FAILED", {{"image", image}, {"problem", problem}});
}

absl::Status ContainerErrors::ArchiveFailed(absl::string_view folder, int exit_code,
                                            absl::string_view log) {
  const std::string code = absl::StrCat(exit_code);
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the data in ", folder, " cannot be moved to /srv/backups: ", log),
                   "RETIRE_FAILED", {{"folder", folder}, {"exit_code", code}, {"log", log}});
}

absl::Status ContainerErrors::Exited(absl::string_view container, int exit_code,
                                     absl::string_view log) {
  const std::string code = absl::StrCat(exit_code);
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(container, " exited with code ", exit_code, "; ", Tail(log)),
                   "CONTAINER_EXITED",
                   {{"container", container}, {"exit_code", code}, {"log", log}});
}

absl::Status ContainerErrors::NotReady(absl::string_view container, absl::Duration waited,
                                       absl::string_view problem, absl::string_view log,
                                       absl::string_view command) {
  const std::string text = absl::FormatDuration(waited);
  return MakeError(
      absl::StatusCode::kDeadlineExceeded,
      absl::StrCat(container, " runs and is not usable after ", text, ": ", problem, "; ",
                   Tail(log), "; look into it (", command, "), or stop and start it"),
      "NOT_READY",
      {{"container", container}, {"waited", text}, {"problem", problem}, {"log", log}});
}

absl::Status ContainerErrors::AddressTaken(absl::string_view address, absl::string_view container) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the address ", address, " is used by the running container ",
                                container, "; stop that one, or disconnect it from the network"),
                   "ADDRESS_IN_USE", {{"address", address}, {"container", container}});
}

absl::Status ContainerErrors::AddressHeld(absl::string_view address, absl::string_view holder) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("Podman's address table gives ", address, " to the dead container ", holder,
                   "; the table can't be recreated while the network, or a container on it, is "
                   "somebody else's: disconnect those"),
      "ADDRESS_HELD", {{"address", address}, {"holder", holder}});
}

}  // namespace mpd::containers
