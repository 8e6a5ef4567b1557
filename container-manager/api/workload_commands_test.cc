#include "container-manager/api/workload_commands.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/store/sqlite/sqlite_store.h"
#include "container-manager/api/workload_lister.h"
#include "container-manager/api/workload_view.h"
#include "container-manager/kinds/container/service_type.h"
#include "container-manager/kinds/database/database_api.h"
#include "container-manager/kinds/registry.h"
#include "container-manager/kinds/runtime/runtime_api.h"

namespace mpd::containers {
namespace {

// The store, but for what happens right after a range of a prefix was read, and before its reader
// has it.
class InterruptedStore : public Store {
 public:
  InterruptedStore(Store* store, std::string prefix, std::function<void()> interrupt)
      : store_(store), prefix_(std::move(prefix)), interrupt_(std::move(interrupt)) {}

  absl::StatusOr<RangeResponse> Range(const RangeRequest& request) override {
    auto response = store_->Range(request);
    if (request.prefix == prefix_ && interrupt_) std::exchange(interrupt_, nullptr)();
    return response;
  }
  void Commit(StoreTransaction transaction, CommitCallback done) override {
    store_->Commit(std::move(transaction), std::move(done));
  }
  absl::StatusOr<EventBatch> ReadEvents(const std::string& prefix, int64_t from,
                                        int64_t limit) override {
    return store_->ReadEvents(prefix, from, limit);
  }
  int64_t Subscribe(std::function<void(int64_t)> listener) override {
    return store_->Subscribe(std::move(listener));
  }
  void Unsubscribe(int64_t handle) override { store_->Unsubscribe(handle); }
  absl::Status Compact(int64_t revision) override { return store_->Compact(revision); }
  void Close() override { store_->Close(); }
  int64_t revision() const override { return store_->revision(); }
  int64_t compact_revision() const override { return store_->compact_revision(); }
  const std::string& store_id() const override { return store_->store_id(); }

 private:
  Store* const store_;
  const std::string prefix_;
  std::function<void()> interrupt_;
};

class WorkloadCommandsTest : public ::testing::Test {
 protected:
  WorkloadCommandsTest() : config_(*ParseConfig("", "test")) {
    char folder[] = "/tmp/mpd-commands-XXXXXX";
    folder_ = mkdtemp(folder);
    SqliteStoreOptions options;
    options.path = folder_ + "/store.db";
    store_ = *OpenSqliteStore(options);
    workloads_ = std::make_unique<WorkloadStore>(store_.get());
    commands_ =
        std::make_unique<WorkloadCommands>(&loop_, workloads_.get(), &kinds_, &config_.zone);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~WorkloadCommandsTest() override {
    EXPECT_TRUE(store_->CommitAndWait({}).ok());
    guard_.reset();
    thread_.join();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  using RuntimeCall = void (WorkloadCommands::*)(WorkloadCommands::Target, const std::string&,
                                                 Reply<api::Runtime>);
  std::future<absl::StatusOr<api::Runtime>> Begin(RuntimeCall method, const std::string& name,
                                                  const std::string& request_id = "") {
    auto promise = std::make_shared<std::promise<absl::StatusOr<api::Runtime>>>();
    (commands_.get()->*method)(RuntimeApi::TargetOf(name), request_id,
                               [promise](absl::StatusOr<api::Runtime> runtime) {
                                 promise->set_value(std::move(runtime));
                               });
    return promise->get_future();
  }
  absl::StatusOr<api::Runtime> Call(RuntimeCall method, const std::string& name,
                                    const std::string& request_id = "") {
    return Begin(method, name, request_id).get();
  }
  api::Environment Up(const std::string& request_id = "") {
    std::promise<api::Environment> promise;
    commands_->StartEnvironment(request_id, [&promise](absl::StatusOr<api::Environment> answer) {
      promise.set_value(answer.ok() ? *answer : api::Environment());
    });
    return promise.get_future().get();
  }
  WorkloadRecord Php() { return *workloads_->Read(*RuntimeId("php")); }

  // What is asked of the kinds here needs no more.
  static ContainerDeps DepsOf(const Config* config) {
    ContainerDeps deps;
    deps.config = config;
    return deps;
  }

  static constexpr RuntimeCall kCreate = &WorkloadCommands::Create<RuntimeApi>;
  static constexpr RuntimeCall kStart = &WorkloadCommands::Start<RuntimeApi>;
  static constexpr RuntimeCall kStop = &WorkloadCommands::Stop<RuntimeApi>;
  static constexpr RuntimeCall kDelete = &WorkloadCommands::Delete<RuntimeApi>;

  const Config config_;
  const WorkloadKinds kinds_ = MakeKinds(DepsOf(&config_));
  std::string folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<WorkloadStore> workloads_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      loop_.get_executor()};
  std::thread thread_;
  std::unique_ptr<WorkloadCommands> commands_;
};

TEST_F(WorkloadCommandsTest, CreatingAnswersWithWhatIsStored) {
  Up();
  const auto created = Call(kCreate, "php");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->status().state(), api::STATE_CREATING);
  EXPECT_EQ(created->status().requested_state(), api::REQUESTED_STATE_RUNNING);
  EXPECT_EQ(created->image(), "localhost/mpd-runtime-php:latest");
  EXPECT_EQ(created->status().revision(), Php().wish_revision);
  EXPECT_EQ(created->status().store_id(), store_->store_id());
  EXPECT_EQ(Up().store_id(), store_->store_id());
}

TEST_F(WorkloadCommandsTest, WithTheEnvironmentStoppedTheWishIsStoredAndToldSo) {
  const auto created = Call(kCreate, "php");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->status().state(), api::STATE_MISSING);
  EXPECT_NE(created->status().status_message().find("mpdctl up"), std::string::npos);
}

TEST_F(WorkloadCommandsTest, RefusesWhatCannotBe) {
  EXPECT_EQ(ErrorReason(Call(kCreate, "../etc").status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Call(kStart, "php").status()), "WORKLOAD_NOT_FOUND");
  EXPECT_EQ(ErrorReason(Call(kStop, "php").status()), "WORKLOAD_NOT_FOUND");
  ASSERT_TRUE(Call(kCreate, "php").ok());
  EXPECT_EQ(ErrorReason(Call(kCreate, "php").status()), "WORKLOAD_EXISTS");
  ASSERT_TRUE(Call(kDelete, "php").ok());
  EXPECT_EQ(ErrorReason(Call(kCreate, "php").status()), "BEING_DELETED");
  EXPECT_EQ(ErrorReason(Call(kStart, "php").status()), "BEING_DELETED");
}

TEST_F(WorkloadCommandsTest, DeletingIsRepeatableAndOfWhatIsNotThereAnswersItsName) {
  const auto nothing = Call(kDelete, "php");
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->name(), "php");
  EXPECT_FALSE(Php().exists());
  ASSERT_TRUE(Call(kCreate, "php").ok());
  const auto first = Call(kDelete, "php");
  const auto second = Call(kDelete, "php");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->status().delete_time().seconds(), second->status().delete_time().seconds());
}

TEST_F(WorkloadCommandsTest, ARepeatedRequestGetsTheFirstAnswer) {
  const auto first = Call(kCreate, "php", "one");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Call(kStop, "php").ok());
  const auto again = Call(kCreate, "php", "one");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(ErrorReason(Call(kCreate, "node", "one").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ErrorReason(Call(kCreate, "node", "a space").status()), "INVALID_FIELD");
}

TEST_F(WorkloadCommandsTest, ARepetitionThatOvertakesTheFirstCallGetsItsAnswer) {
  absl::StatusOr<api::Runtime> first = absl::UnknownError("not called");
  InterruptedStore store(store_.get(), WorkloadStore::RequestKey("one"),
                         [&] { first = Call(kCreate, "php", "one"); });
  WorkloadStore workloads(&store);
  WorkloadCommands commands(&loop_, &workloads, &kinds_, &config_.zone);
  std::promise<absl::StatusOr<api::Runtime>> promise;
  commands.Create<RuntimeApi>(
      RuntimeApi::TargetOf("php"), "one",
      [&promise](absl::StatusOr<api::Runtime> runtime) { promise.set_value(std::move(runtime)); });
  const auto again = promise.get_future().get();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST_F(WorkloadCommandsTest, ARefusedRequestMayBeTriedAgain) {
  EXPECT_FALSE(Call(kStart, "php", "one").ok());
  ASSERT_TRUE(Call(kCreate, "php").ok());
  EXPECT_TRUE(Call(kStart, "php", "one").ok());
}

TEST_F(WorkloadCommandsTest, OfManyWhoCreateTheSameAtOnceOneDoes) {
  std::vector<std::future<absl::StatusOr<api::Runtime>>> all;
  all.reserve(16);
  for (int i = 0; i < 16; ++i) all.push_back(Begin(kCreate, "php", absl::StrCat("r", i)));
  int created = 0;
  for (auto& one : all) {
    const auto answer = one.get();
    created += answer.ok() ? 1 : 0;
    EXPECT_EQ(ErrorReason(answer.status()), answer.ok() ? "" : "WORKLOAD_EXISTS");
  }
  EXPECT_EQ(created, 1);
}

TEST_F(WorkloadCommandsTest, ADatabaseKeepsItsVersionAsGivenAndItsIdForItself) {
  const auto call = [this](auto method, const char* engine, const char* version) {
    std::promise<absl::StatusOr<api::Database>> promise;
    (commands_.get()->*method)(DatabaseApi::TargetOf(engine, version), "",
                               [&promise](absl::StatusOr<api::Database> database) {
                                 promise.set_value(std::move(database));
                               });
    return promise.get_future().get();
  };
  const auto first = call(&WorkloadCommands::Create<DatabaseApi>, "mariadb", "11.8");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->id(), "mariadb-11-8");
  EXPECT_EQ(first->version(), "11.8");
  EXPECT_EQ(first->engine(), "mariadb");
  EXPECT_EQ(ErrorReason(call(&WorkloadCommands::Create<DatabaseApi>, "mariadb", "11.8").status()),
            "WORKLOAD_EXISTS");
  const absl::Status taken =
      call(&WorkloadCommands::Create<DatabaseApi>, "mariadb", "11-8").status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(taken), "DATABASE_ID_TAKEN");
  EXPECT_EQ(ErrorMetadataValue(taken, "existing_version"), "11.8");
  for (const auto method :
       {&WorkloadCommands::Start<DatabaseApi>, &WorkloadCommands::Stop<DatabaseApi>}) {
    EXPECT_EQ(ErrorReason(call(method, "mariadb", "11-8").status()), "WORKLOAD_NOT_FOUND");
    EXPECT_TRUE(call(method, "mariadb", "11.8").ok());
  }
  const auto nothing = call(&WorkloadCommands::Delete<DatabaseApi>, "mariadb", "11-8");
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_FALSE(nothing->status().has_delete_time());
  const auto gone = call(&WorkloadCommands::Delete<DatabaseApi>, "mariadb", "11.8");
  ASSERT_TRUE(gone.ok()) << gone.status();
  EXPECT_TRUE(gone->status().has_delete_time());
}

TEST_F(WorkloadCommandsTest, DatabasesOfNoEngineOrVersionAreRefusedByField) {
  const auto refused = [this](const char* engine, const char* version) {
    std::promise<absl::Status> promise;
    commands_->Create<DatabaseApi>(DatabaseApi::TargetOf(engine, version), "",
                                   [&promise](absl::StatusOr<api::Database> database) {
                                     promise.set_value(database.status());
                                   });
    return promise.get_future().get();
  };
  EXPECT_EQ(ErrorMetadataValue(refused("oracle", "23"), "field"), "engine");
  for (const char* version : {"", "x17", "17/..", "17;id", "17 ", "17.", "LATEST"}) {
    EXPECT_EQ(ErrorMetadataValue(refused("postgres", version), "field"), "version") << version;
  }
}

TEST_F(WorkloadCommandsTest, AnObservationOnTheWayToAnOlderWishIsNotWritten) {
  ASSERT_TRUE(Call(kCreate, "php").ok());
  WorkloadRecord seen = Php();
  ASSERT_TRUE(Call(kStop, "php").ok());
  seen.observed.set_state(api::STATE_RUNNING);
  std::promise<absl::StatusOr<CommitResponse>> promise;
  workloads_->CommitObserved(seen, [&promise](absl::StatusOr<CommitResponse> response) {
    promise.set_value(std::move(response));
  });
  const auto written = promise.get_future().get();
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_FALSE(written->succeeded);
  EXPECT_NE(Php().observed.state(), api::STATE_RUNNING);
  EXPECT_EQ(Php().wish.requested_state(), api::REQUESTED_STATE_STOPPED);
}

TEST_F(WorkloadCommandsTest, ListsInPagesThatAreTrueAtOneRevision) {
  for (const char* name : {"aa", "bb", "cc"}) ASSERT_TRUE(Call(kCreate, name).ok());
  const auto first = ListWorkloads(*workloads_, kinds_, "runtime", 2, "");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->records.size(), 2u);
  ASSERT_TRUE(Call(kCreate, "dd").ok());
  const auto second = ListWorkloads(*workloads_, kinds_, "runtime", 2, first->next_page_token);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->records.size(), 1u);
  EXPECT_EQ(second->records[0].id.name, "cc");
  EXPECT_EQ(second->revision, first->revision);
  EXPECT_TRUE(second->next_page_token.empty());
  EXPECT_EQ(ErrorReason(ListWorkloads(*workloads_, kinds_, "runtime", 2, "x").status()),
            "INVALID_PAGE_TOKEN");
}

TEST(EnvironmentViewTest, SumsUpWhatItsPartsAre) {
  const WorkloadKinds kinds = MakeKinds(ContainerDeps());
  WorkloadList list;
  list.environment.requested = api::REQUESTED_STATE_RUNNING;
  WorkloadRecord& dnsmasq = list.workloads[DnsmasqId()];
  dnsmasq.wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
  dnsmasq.observed.set_state(api::STATE_STARTING);
  EXPECT_EQ(EnvironmentView(list, kinds).state(), api::STATE_STARTING);
  dnsmasq.observed.set_state(api::STATE_RUNNING);
  EXPECT_EQ(EnvironmentView(list, kinds).state(), api::STATE_RUNNING);
  WorkloadRecord& php = list.workloads[*RuntimeId("php")];
  php.wish.set_requested_state(api::REQUESTED_STATE_STOPPED);
  php.observed.set_state(api::STATE_STOPPED);
  EXPECT_EQ(EnvironmentView(list, kinds).state(), api::STATE_RUNNING);
  EXPECT_EQ(EnvironmentView(list, kinds).workloads_wanted(), 1);
  php.wish.set_requested_state(api::REQUESTED_STATE_RUNNING);
  php.observed.set_state(api::STATE_FAILED);
  php.observed.set_status_message("no image");
  EXPECT_EQ(EnvironmentView(list, kinds).state(), api::STATE_FAILED);
  EXPECT_EQ(EnvironmentView(list, kinds).status_message(), "runtime/php: no image");
  list.environment.requested = api::REQUESTED_STATE_STOPPED;
  php.observed.set_state(api::STATE_STOPPED);
  EXPECT_EQ(EnvironmentView(list, kinds).state(), api::STATE_STOPPING);
  dnsmasq.observed.set_state(api::STATE_STOPPED);
  EXPECT_EQ(EnvironmentView(list, kinds).state(), api::STATE_STOPPED);
}

}  // namespace
}  // namespace mpd::containers
