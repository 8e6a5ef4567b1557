#include "common/daemon/introspection.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "mpd/component/v1/component.grpc.pb.h"
#include "mpd/ipam/v1/ipam.grpc.pb.h"

namespace mpd {
namespace {

using testing::IsSupersetOf;

class IntrospectionTest : public testing::Test {
 protected:
  IntrospectionTest() {
    grpc::EnableDefaultHealthCheckService(true);
    mpd::ipam::v1::Lease::descriptor();
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.SetOption(MakeIntrospection(
        {.version = "1.2.3",
         .build = "abc",
         .relayed_services = {"mpd.ipam.v1.Relayed"},
         .on_registered = [this](const std::vector<std::string>& names) { registered_ = names; }}));
    server_ = builder.BuildAndStart();
    channel_ = server_->InProcessChannel({});
  }

  // Asks all questions on one stream, of either version of the protocol.
  template <typename Reflection, typename Request, typename Response>
  std::vector<Response> Ask(const std::vector<Request>& requests) {
    auto stub = Reflection::NewStub(channel_);
    grpc::ClientContext context;
    auto stream = stub->ServerReflectionInfo(&context);
    std::vector<Response> responses;
    for (const Request& request : requests) {
      EXPECT_TRUE(stream->Write(request));
      EXPECT_TRUE(stream->Read(&responses.emplace_back()));
    }
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
    return responses;
  }

  std::vector<std::string> registered_;
  mpd::ipam::v1::IpamService::CallbackService service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(IntrospectionTest, ListsRegisteredAndRelayedServices) {
  namespace v1 = grpc::reflection::v1;
  v1::ServerReflectionRequest request;
  request.set_list_services("");
  const auto responses =
      Ask<v1::ServerReflection, v1::ServerReflectionRequest, v1::ServerReflectionResponse>(
          {request});
  std::vector<std::string> names;
  for (const auto& service : responses[0].list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, IsSupersetOf({"mpd.ipam.v1.IpamService", "mpd.ipam.v1.Relayed",
                                   "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                   "grpc.reflection.v1alpha.ServerReflection"}));
}

TEST_F(IntrospectionTest, TellsWhichServicesAreRegistered) {
  EXPECT_THAT(registered_,
              IsSupersetOf({"mpd.ipam.v1.IpamService", "mpd.component.v1.ComponentService"}));
  EXPECT_THAT(registered_, testing::Not(testing::Contains("mpd.ipam.v1.Relayed")));
}

TEST_F(IntrospectionTest, SendsTheFileOfASymbolWithItsImports) {
  namespace v1alpha = grpc::reflection::v1alpha;
  v1alpha::ServerReflectionRequest symbol, missing, file;
  symbol.set_file_containing_symbol("mpd.ipam.v1.IpamService");
  missing.set_file_containing_symbol("mpd.ipam.v1.Nothing");
  file.set_file_by_filename("grpc/health/v1/health.proto");
  const auto responses = Ask<v1alpha::ServerReflection, v1alpha::ServerReflectionRequest,
                             v1alpha::ServerReflectionResponse>({symbol, missing, file});
  std::vector<std::string> names;
  for (const auto& bytes : responses[0].file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto proto;
    ASSERT_TRUE(proto.ParseFromString(bytes));
    names.push_back(proto.name());
  }
  EXPECT_THAT(names,
              testing::ElementsAre("mpd/ipam/v1/ipam.proto", "google/protobuf/timestamp.proto"));
  EXPECT_EQ(responses[1].error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(responses[1].original_request().file_containing_symbol(), "mpd.ipam.v1.Nothing");
  EXPECT_EQ(responses[2].file_descriptor_response().file_descriptor_proto_size(), 1);
}

TEST_F(IntrospectionTest, ExtensionsOfAnUnknownTypeAreNotFound) {
  namespace v1 = grpc::reflection::v1;
  v1::ServerReflectionRequest numbers, one, nothing;
  numbers.set_all_extension_numbers_of_type("mpd.ipam.v1.Nothing");
  one.mutable_file_containing_extension()->set_containing_type("mpd.ipam.v1.Lease");
  one.mutable_file_containing_extension()->set_extension_number(7);
  const auto responses =
      Ask<v1::ServerReflection, v1::ServerReflectionRequest, v1::ServerReflectionResponse>(
          {numbers, one, nothing});
  EXPECT_EQ(responses[0].error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(responses[1].error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(responses[2].error_response().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(IntrospectionTest, TellsTheBuild) {
  auto stub = mpd::component::v1::ComponentService::NewStub(channel_);
  grpc::ClientContext context;
  mpd::component::v1::GetBuildResponse response;
  ASSERT_TRUE(stub->GetBuild(&context, {}, &response).ok());
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_EQ(response.build(), "abc");
}

}  // namespace
}  // namespace mpd
