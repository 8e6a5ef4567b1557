#include "common/dns/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace mpd {
namespace {

using ::testing::SizeIs;

std::string U16(int value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }

// "a.bc" in wire form, with the last zero.
std::string Wire(const std::string& name) {
  const std::string query = *EncodeQuery(0, name, 1);
  return query.substr(12, query.size() - 16);
}

std::string Header(int flags, int answers, int questions = 1) {
  return absl::StrCat(U16(0x1234), U16(flags), U16(questions), U16(answers), U16(0), U16(0));
}

// A response to "a.test", whose answers are all about that name by a pointer.
std::string Response(int type, const std::vector<std::string>& data) {
  std::string message = absl::StrCat(Header(0x8180, static_cast<int>(data.size())), Wire("a.test"),
                                     U16(type), U16(1));
  for (const std::string& bytes : data) {
    absl::StrAppend(&message, "\xc0\x0c", U16(type), U16(1), U16(0), U16(60),
                    U16(static_cast<int>(bytes.size())), bytes);
  }
  return message;
}

std::string OneAnswer(int type, const std::string& data) {
  const auto response = ParseResponse(Response(type, {data}));
  if (!response.ok()) return std::string(response.status().message());
  return response->answers.at(0).data;
}

TEST(DnsMessageTest, AQueryHasTheFormOfRfc1035) {
  EXPECT_EQ(absl::BytesToHexString(*EncodeQuery(0xabcd, "php.mpd.test", DnsType::kA)),
            "abcd01000001000000000000"
            "03706870036d70640474657374"
            "00"
            "00010001");
  EXPECT_EQ(*EncodeQuery(1, "a.test.", 1), *EncodeQuery(1, "a.test", 1));
  EXPECT_EQ(absl::BytesToHexString(EncodeQuery(1, ".", 2)->substr(12)), "0000020001");
}

TEST(DnsMessageTest, NamesThatDoNotFitAreRefused) {
  for (const std::string& name :
       {std::string(64, 'a'), std::string("a..b"), std::string(".a"), std::string("a.."),
        absl::StrCat(std::string(63, 'a'), ".", std::string(63, 'b'), ".", std::string(63, 'c'),
                     ".", std::string(63, 'd'))}) {
    EXPECT_EQ(EncodeQuery(1, name, 1).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(DnsMessageTest, ReadsAResponse) {
  const auto response =
      ParseResponse(Response(DnsType::kA, {"\x0a\xa3\x01\x64", "\x0a\x01\x02\x03"}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->id, 0x1234);
  EXPECT_EQ(response->rcode, DnsRcode::kNoError);
  EXPECT_EQ(response->question_name, "a.test");
  EXPECT_EQ(response->question_type, DnsType::kA);
  ASSERT_THAT(response->answers, SizeIs(2));
  EXPECT_EQ(response->answers[0].name, "a.test");
  EXPECT_EQ(response->answers[0].ttl, 60u);
  EXPECT_EQ(response->answers[0].data, "10.163.1.100");
}

TEST(DnsMessageTest, ATtlWithItsTopBitSetIsZero) {
  const auto ttl = [](int high, int low) {
    std::string message = Response(DnsType::kA, {"\x0a\xa3\x01\x64"});
    // Behind it come the length of the data and the address.
    message.replace(message.size() - 10, 4, absl::StrCat(U16(high), U16(low)));
    return ParseResponse(message)->answers.at(0).ttl;
  };
  EXPECT_EQ(ttl(0x7fff, 0xffff), 0x7fffffffu);
  EXPECT_EQ(ttl(0x8000, 0x0001), 0u);
  EXPECT_EQ(ttl(0xffff, 0xffff), 0u);
}

TEST(DnsMessageTest, ShowsEachTypeInItsOwnForm) {
  EXPECT_EQ(OneAnswer(DnsType::kAaaa, std::string(15, '\0') + "\x01"), "::1");
  EXPECT_EQ(OneAnswer(DnsType::kPtr, "\x01z\xc0\x0c"), "z.a.test");
  EXPECT_EQ(OneAnswer(DnsType::kMx, U16(10) + Wire("mail.test")), "10 mail.test");
  EXPECT_EQ(OneAnswer(DnsType::kMx, U16(0) + std::string(1, '\0')), "0 .");
  EXPECT_EQ(OneAnswer(DnsType::kSrv, U16(1) + U16(2) + U16(80) + Wire("w.test")), "1 2 80 w.test");
  EXPECT_EQ(OneAnswer(DnsType::kTxt, std::string("\x03"
                                                 "a\"b"
                                                 "\x01\n",
                                                 6)),
            "\"a\\\"b\" \"\\010\"");
  EXPECT_EQ(
      OneAnswer(DnsType::kSoa, Wire("n.test") + Wire("m.test") +
                                   std::string("\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 20)),
      "n.test m.test 1 2 3 4 5");
  EXPECT_EQ(OneAnswer(999, "\x01\xff"), "\\# 2 01ff");
  EXPECT_EQ(OneAnswer(999, ""), "\\# 0");
}

TEST(DnsMessageTest, BytesInNamesAreEscaped) {
  EXPECT_EQ(OneAnswer(DnsType::kPtr, std::string("\x04"
                                                 "a.\n\x00"
                                                 "\x00",
                                                 6)),
            "a\\.\\010\\000");
}

TEST(DnsMessageTest, DataOfTheWrongLengthIsRefused) {
  for (const auto& [type, data] : std::vector<std::pair<int, std::string>>{
           {DnsType::kA, "\x01\x02\x03"},
           {DnsType::kA, "\x01\x02\x03\x04\x05"},
           {DnsType::kAaaa, "\x01\x02\x03\x04"},
           {DnsType::kPtr, "\x05short"},
           {DnsType::kPtr, Wire("a.test") + "x"},
           {DnsType::kTxt, ""},
           {DnsType::kTxt,
            "\x05"
            "ab"},
           {DnsType::kMx, "\x01"},
           {DnsType::kSoa, Wire("n.test") + Wire("m.test") + "short"}}) {
    EXPECT_EQ(ParseResponse(Response(type, {data})).status().code(), absl::StatusCode::kDataLoss)
        << type << " " << absl::BytesToHexString(data);
  }
}

TEST(DnsMessageTest, CompressionLoopsAndForwardPointersAreRefused) {
  // The first byte of the answer's name is at 12 + 8 + 4 = 24.
  for (const std::string& name : {std::string("\xc0\x18"), std::string("\xc0\x1a"),
                                  std::string("\x01"
                                              "a\xc0\x18"),
                                  std::string("\xff\xff")}) {
    const std::string message = absl::StrCat(Header(0x8180, 1), Wire("a.test"), U16(1), U16(1),
                                             name, U16(1), U16(1), U16(0), U16(0), U16(4), "abcd");
    EXPECT_EQ(ParseResponse(message).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(DnsMessageTest, NamesLongerThan255BytesAreRefused) {
  std::string name;
  for (int i = 0; i < 128; ++i)
    name +=
        "\x01"
        "a";
  const std::string message =
      absl::StrCat(Header(0x8180, 0), name, std::string(1, '\0'), U16(1), U16(1));
  EXPECT_FALSE(ParseResponse(message).ok());
}

TEST(DnsMessageTest, WhatIsNoResponseIsRefused) {
  EXPECT_FALSE(ParseResponse("").ok());
  EXPECT_FALSE(ParseResponse(*EncodeQuery(1, "a.test", 1)).ok());
  EXPECT_FALSE(ParseResponse(Header(0x8180, 0, 0)).ok());
  EXPECT_FALSE(ParseResponse(Header(0x8180, 0, 2) + Wire("a.test") + U16(1) + U16(1)).ok());
}

TEST(DnsMessageTest, ACutMessageIsGoodOnlyWhenItSaysSo) {
  std::string message = Response(DnsType::kA, {"abcd", "efgh"});
  message.resize(message.size() - 2);
  EXPECT_FALSE(ParseResponse(message).ok());
  message[2] = static_cast<char>(0x83);
  const auto response = ParseResponse(message);
  ASSERT_TRUE(response.ok());
  EXPECT_TRUE(response->truncated);
  EXPECT_THAT(response->answers, SizeIs(1));
}

// Under the address sanitizer this is what finds a read outside of the message.
TEST(DnsMessageTest, AnyBytesAreEitherReadOrRefused) {
  std::mt19937 random(20261123);
  const std::vector<std::string> seeds = {
      Response(DnsType::kA, {"abcd", "efgh"}),
      Response(DnsType::kTxt, {"\x03"
                               "abc"}),
      Response(DnsType::kPtr, {"\x01z\xc0\x0c"}), Response(DnsType::kMx, {U16(1) + Wire("m.test")}),
      Response(DnsType::kSoa, {Wire("n.test") + Wire("m.test") + std::string(20, '\1')})};
  int read = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string message = seeds[random() % seeds.size()];
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      message[random() % message.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) message.resize(random() % message.size());
    // A copy of the exact size, so that one byte further is outside.
    const std::vector<char> exact(message.begin(), message.end());
    const auto response = ParseResponse(absl::string_view(exact.data(), exact.size()));
    if (!response.ok()) continue;
    ++read;
    for (const DnsRecord& record : response->answers) {
      EXPECT_EQ(record.data.find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(read, 1000);
}

TEST(DnsMessageTest, TypesHaveNames) {
  EXPECT_EQ(*ParseDnsType("aaaa"), DnsType::kAaaa);
  EXPECT_EQ(*ParseDnsType("TYPE65"), 65);
  EXPECT_EQ(DnsTypeName(65), "HTTPS");
  EXPECT_EQ(DnsTypeName(1234), "TYPE1234");
  for (const char* text :
       {"", "B", "TYPE", "TYPE0", "TYPE65536", "TYPE-1", "TYPE 1", "TYPE999999"}) {
    EXPECT_FALSE(ParseDnsType(text).ok()) << text;
  }
  EXPECT_EQ(DnsRcodeName(3), "NXDOMAIN");
  EXPECT_EQ(DnsRcodeName(12), "RCODE12");
}

}  // namespace
}  // namespace mpd
