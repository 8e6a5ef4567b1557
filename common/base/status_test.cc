#include "common/base/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace mpd {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

absl::Status PoolExhausted() {
  return MakeError(absl::StatusCode::kResourceExhausted, "The pool \"db\" is full",
                   "POOL_EXHAUSTED", {{"pool", "db"}});
}

TEST(MakeErrorTest, CarriesErrorInfo) {
  const absl::Status status = PoolExhausted();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "The pool \"db\" is full");
  EXPECT_EQ(ErrorReason(status), "POOL_EXHAUSTED");
  EXPECT_EQ(ErrorMetadataValue(status, "pool"), "db");
  EXPECT_EQ(ErrorMetadataValue(status, "owner"), "");

  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  ASSERT_TRUE(payload.has_value());
  ASSERT_TRUE(info.ParseFromString(std::string(*payload)));
  EXPECT_EQ(info.domain(), "mpd.test");
}

TEST(MakeErrorTest, EscapesWhatIsNotUtf8) {
  const absl::Status status =
      MakeError(absl::StatusCode::kInternal, "bad \xFF byte", "BAD", {{"key", "\xC0\xAF"}});
  EXPECT_EQ(status.message(), "bad \\377 byte");
  EXPECT_EQ(ErrorMetadataValue(status, "key"), "\\300\\257");
}

// The ErrorInfo, as it travels.
size_t InfoSize(const absl::Status& status) {
  return status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo")
      .value_or(absl::Cord())
      .size();
}

TEST(MakeErrorTest, AHugeNameLeavesTheRestOfTheErrorReadable) {
  const std::string huge(100'000, 'n');
  const absl::Status status =
      MakeError(absl::StatusCode::kNotFound, absl::StrCat("There is no ", huge), "NOT_THERE",
                {{"name", huge}, {"pool", "databases"}});
  EXPECT_EQ(status.message().size(), kMaxErrorMessage);
  EXPECT_THAT(std::string(status.message()), StartsWith("There is no nnn"));
  EXPECT_THAT(std::string(status.message()), EndsWith("nnn..."));
  EXPECT_LE(InfoSize(status), kMaxErrorInfo);
  EXPECT_EQ(ErrorReason(status), "NOT_THERE");
  EXPECT_EQ(ErrorMetadataValue(status, "pool"), "databases") << "what is short stays whole";
  EXPECT_THAT(ErrorMetadataValue(status, "name"), EndsWith("nnn..."));
  EXPECT_GT(ErrorMetadataValue(status, "name").size(), 500u) << "no shorter than it must be";
}

TEST(MakeErrorTest, ManyLongValuesAreEachShortened) {
  const std::string huge(5'000, 'v');
  const absl::Status status =
      MakeError(absl::StatusCode::kInternal, "Much", "MUCH",
                {{"a", huge}, {"b", huge}, {"c", huge}, {"d", huge}, {"e", huge}, {"f", huge}});
  EXPECT_LE(InfoSize(status), kMaxErrorInfo);
  for (const char* key : {"a", "b", "c", "d", "e", "f"}) {
    EXPECT_THAT(ErrorMetadataValue(status, key), EndsWith("vvv..."));
  }
}

TEST(MakeErrorTest, CutsBetweenCharacters) {
  for (size_t offset = 0; offset < 4; ++offset) {
    std::string text(offset, 'x');
    while (text.size() < 2 * kMaxErrorMessage) text += "\xF0\x9F\x98\x80";
    const absl::Status status =
        MakeError(absl::StatusCode::kInternal, text, "EMOJI", {{"text", text}});
    for (const std::string& cut :
         {std::string(status.message()), ErrorMetadataValue(status, "text")}) {
      EXPECT_THAT(cut, EndsWith("\x80..."));
      EXPECT_EQ((cut.size() - 3 - offset) % 4, 0u) << "half a character";
    }
  }
}

TEST(CappedTest, KeepsWhatFitsAndShortensWhatDoesNot) {
  const absl::Status fits = WithRetryDelay(PoolExhausted(), absl::Seconds(1));
  EXPECT_EQ(Capped(fits), fits);
  EXPECT_TRUE(Capped(absl::OkStatus()).ok());
  const absl::Status plain = Capped(absl::InternalError(std::string(5'000, 'x')));
  EXPECT_EQ(plain.message().size(), kMaxErrorMessage);
}

TEST(CappedTest, APeersErrorInfoWithTooManyKeysKeepsItsReason) {
  google::rpc::ErrorInfo info;
  info.set_reason("PEER");
  for (int i = 0; i < 1'000; ++i) (*info.mutable_metadata())[absl::StrCat("key", i)] = "value";
  absl::Status status = absl::InternalError("much");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord(info.SerializeAsString()));
  EXPECT_LE(InfoSize(Capped(status)), kMaxErrorInfo);
  EXPECT_EQ(ErrorReason(Capped(status)), "PEER");
}

TEST(ErrorReasonTest, EmptyWithoutErrorInfo) {
  EXPECT_EQ(ErrorReason(absl::OkStatus()), "");
  EXPECT_EQ(ErrorReason(absl::InternalError("x")), "");
  EXPECT_EQ(ErrorMetadataValue(absl::InternalError("x"), "key"), "");
}

TEST(InvalidFieldTest, NamesFieldValueAndProblem) {
  const absl::Status status = InvalidField("name", "a\nb", "must be lower-case letters");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "name \"a\\nb\": must be lower-case letters");
  EXPECT_EQ(ErrorReason(status), "INVALID_FIELD");
  EXPECT_EQ(ErrorMetadataValue(status, "field"), "name");
  EXPECT_EQ(ErrorMetadataValue(status, "value"), "a\\nb");
  EXPECT_EQ(ErrorMetadataValue(status, "problem"), "must be lower-case letters");
}

TEST(InvalidFieldTest, ShortensTheValue) {
  const absl::Status status = InvalidField("name", std::string(5000, 'x'), "is too long");
  EXPECT_EQ(ErrorMetadataValue(status, "value"), std::string(77, 'x') + "...");
}

TEST(WithRetryDelayTest, KeepsErrorInfoAndAddsTheDelay) {
  const absl::Status status = WithRetryDelay(PoolExhausted(), absl::Milliseconds(1500));
  EXPECT_EQ(ErrorReason(status), "POOL_EXHAUSTED");
  google::rpc::RetryInfo info;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  ASSERT_TRUE(payload.has_value());
  ASSERT_TRUE(info.ParseFromString(std::string(*payload)));
  EXPECT_EQ(info.retry_delay().seconds(), 1);
  EXPECT_EQ(info.retry_delay().nanos(), 500'000'000);
}

TEST(AnnotateTest, KeepsCodeAndPayloads) {
  const absl::Status status = Annotate(PoolExhausted(), "Creating db/postgres-17");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "Creating db/postgres-17: The pool \"db\" is full");
  EXPECT_EQ(ErrorReason(status), "POOL_EXHAUSTED");
  EXPECT_TRUE(Annotate(absl::OkStatus(), "context").ok());
}

TEST(PrintableTest, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(Printable("plain"), "plain");
  EXPECT_EQ(Printable("caf\xC3\xA9 \xF0\x9F\x98\x80"), "caf\xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(Printable("a\tb\r\nc\x1B[2J\x7F"), "a\\tb\\r\\nc\\033[2J\\177");
  EXPECT_EQ(Printable("\xC2\x9B"), "\\302\\233") << "CSI as one character";
  EXPECT_EQ(Printable("\xED\xA0\x80"), "\\355\\240\\200") << "a surrogate";
  EXPECT_EQ(Printable("\xF4\x90\x80\x80"), "\\364\\220\\200\\200") << "beyond U+10FFFF";
  EXPECT_EQ(Printable("\xE2\x82"), "\\342\\202") << "cut short";
  EXPECT_EQ(Printable(std::string("\0", 1)), "\\000");
}

TEST(PrintableTest, CutsBetweenCharacters) {
  EXPECT_EQ(Printable("12345678", 8), "12345678");
  EXPECT_EQ(Printable("123456789", 8), "12345...");
  EXPECT_EQ(Printable("1234\xC3\xA9zzzz", 8), "1234...");
  EXPECT_EQ(Printable("abcdef", 2), "..");
}

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return PoolExhausted();
  return value / 2;
}

absl::Status Quarter(int value, int* out) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  ASSIGN_OR_RETURN(*out, Half(half));
  RETURN_IF_ERROR(absl::OkStatus());
  return absl::OkStatus();
}

TEST(StatusMacrosTest, ReturnTheFirstError) {
  int out = 0;
  EXPECT_TRUE(Quarter(8, &out).ok());
  EXPECT_EQ(out, 2);
  EXPECT_EQ(ErrorReason(Quarter(6, &out)), "POOL_EXHAUSTED");
}

}  // namespace
}  // namespace mpd
