#include "common/daemon/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <set>
#include <utility>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace mpd {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

// The file, then what it imports, each once.
template <typename FileDescriptorResponse>
void AddFiles(const FileDescriptor& file, std::set<std::string>* seen,
              FileDescriptorResponse* response) {
  if (!seen->insert(file.name()).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFiles(*file.dependency(i), seen, response);
}

template <typename Response>
void SetNotFound(const std::string& what, Response* response) {
  response->mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response->mutable_error_response()->set_error_message("Not known here: " + what);
}

template <typename Response>
void SetFile(const FileDescriptor* file, const std::string& what, Response* response) {
  if (file == nullptr) return SetNotFound(what, response);
  std::set<std::string> seen;
  AddFiles(*file, &seen, response->mutable_file_descriptor_response());
}

template <typename Request, typename Response>
void AnswerExtensions(const Request& request, Response* response) {
  const bool one = request.message_request_case() == Request::kFileContainingExtension;
  const std::string& type = one ? request.file_containing_extension().containing_type()
                                : request.all_extension_numbers_of_type();
  const auto* descriptor = Pool().FindMessageTypeByName(type);
  if (descriptor == nullptr) return SetNotFound(type, response);
  if (one) {
    const int number = request.file_containing_extension().extension_number();
    const auto* extension = Pool().FindExtensionByNumber(descriptor, number);
    return SetFile(extension == nullptr ? nullptr : extension->file(),
                   type + ":" + std::to_string(number), response);
  }
  auto* numbers = response->mutable_all_extension_numbers_response();
  numbers->set_base_type_name(type);
  std::vector<const google::protobuf::FieldDescriptor*> extensions;
  Pool().FindAllExtensions(descriptor, &extensions);
  for (const auto* extension : extensions) numbers->add_extension_number(extension->number());
}

template <typename Request, typename Response>
void FillResponse(const std::vector<std::string>& names, const Request& request,
                  Response* response) {
  response->Clear();
  response->set_valid_host(request.host());
  *response->mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      return SetFile(Pool().FindFileByName(request.file_by_filename()), request.file_by_filename(),
                     response);
    case Request::kFileContainingSymbol:
      return SetFile(Pool().FindFileContainingSymbol(request.file_containing_symbol()),
                     request.file_containing_symbol(), response);
    case Request::kFileContainingExtension:
    case Request::kAllExtensionNumbersOfType:
      return AnswerExtensions(request, response);
    case Request::kListServices:
      for (const std::string& name : names) {
        response->mutable_list_services_response()->add_service()->set_name(name);
      }
      return;
    case Request::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  response->mutable_error_response()->set_error_code(grpc::StatusCode::INVALID_ARGUMENT);
  response->mutable_error_response()->set_error_message("The request asks nothing");
}

// One question at a time: the next is read once the answer is written.
template <typename Request, typename Response>
class ReflectionReactor : public grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit ReflectionReactor(ServiceNames names) : names_(std::move(names)) {
    this->StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::OK);
    FillResponse(*names_, request_, &response_);
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::CANCELLED);
    this->StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  const ServiceNames names_;
  Request request_;
  Response response_;
};

template <typename Base, typename Request, typename Response>
class ReflectionService : public Base {
 public:
  explicit ReflectionService(ServiceNames names) : names_(std::move(names)) {}
  grpc::ServerBidiReactor<Request, Response>* ServerReflectionInfo(
      grpc::CallbackServerContext*) override {
    return new ReflectionReactor<Request, Response>(names_);
  }

 private:
  const ServiceNames names_;
};

}  // namespace

ReflectionServices MakeReflectionServices(ServiceNames names) {
  namespace v1 = grpc::reflection::v1;
  namespace v1alpha = grpc::reflection::v1alpha;
  return {.v1 = std::make_shared<
              ReflectionService<v1::ServerReflection::CallbackService, v1::ServerReflectionRequest,
                                v1::ServerReflectionResponse>>(names),
          .v1alpha = std::make_shared<ReflectionService<v1alpha::ServerReflection::CallbackService,
                                                        v1alpha::ServerReflectionRequest,
                                                        v1alpha::ServerReflectionResponse>>(names)};
}

}  // namespace mpd
