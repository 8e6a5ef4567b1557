// Part of store_contract_test_suite.h: ranges.
#ifndef MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_READ_TESTS_H_
#define MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_READ_TESTS_H_

#include "common/store/contract/store_contract_test_suite.h"

namespace mpd {

using std::string_literals::operator""s;

TEST_P(StoreContractTest, EmptyReadsCarryTheRevisionToo) {
  Put("a", "");
  Delete("a");
  EXPECT_EQ(Range({.prefix = "nothing"}).revision, 2);
  EXPECT_EQ(Range({}).revision, 2);
}

TEST_P(StoreContractTest, RangeIsByPrefixInByteOrder) {
  for (const char* key : {"lease/b", "lease", "lease/", "lease/a", "lease0", "leas", "LEASE/a"}) {
    Put(key, "");
  }
  EXPECT_THAT(Described(Range({.prefix = "lease/"})),
              ElementsAre("lease/=", "lease/a=", "lease/b="));
  EXPECT_EQ(Range({.prefix = "lease"}).kvs.size(), 5u);
  EXPECT_EQ(All().front(), "LEASE/a=") << "bytes, not an alphabet";
}

TEST_P(StoreContractTest, KeysAndValuesAreBytes) {
  const std::vector<std::string> keys = {"\0"s,   "\0\0"s,     "a"s,           "a\0"s,
                                         "a\0b"s, "a\xff"s,    "a\xff\xff"s,   "b"s,
                                         "\xff"s, "\xff\xff"s, "\xff\xff\xff"s};
  for (const std::string& key : keys) Put(key, "value\0 of "s + key);
  std::vector<std::string> found;
  for (const KeyValue& kv : Range({}).kvs) {
    found.push_back(kv.key);
    EXPECT_EQ(kv.value, "value\0 of "s + kv.key);
  }
  EXPECT_EQ(found, keys);
  EXPECT_EQ(Range({.prefix = "a\0"s}).kvs.size(), 2u);
  EXPECT_EQ(Range({.prefix = "a\xff"s}).kvs.size(), 2u);
  EXPECT_EQ(Range({.prefix = "\xff"s}).kvs.size(), 3u) << "there is no key after these";
  EXPECT_EQ(Events("\xff\xff"s, 1).events.size(), 2u);
}

TEST_P(StoreContractTest, EmptyValuesAreValues) {
  Put("k", "");
  EXPECT_EQ(Range({}).kvs.size(), 1u);
  EXPECT_FALSE(Succeeds(PutIf("k", 0, "")));
}

TEST_P(StoreContractTest, ReadsAtAnOldRevision) {
  Put("a", "1");      // 1
  Put("b", "1");      // 2
  Put("a", "2");      // 3
  Delete("b");        // 4
  Put("b", "again");  // 5
  EXPECT_THAT(All(1), ElementsAre("a=1"));
  EXPECT_THAT(All(2), ElementsAre("a=1", "b=1"));
  EXPECT_THAT(All(3), ElementsAre("a=2", "b=1"));
  EXPECT_THAT(All(4), ElementsAre("a=2"));
  EXPECT_THAT(All(5), ElementsAre("a=2", "b=again"));
  EXPECT_EQ(Range({.revision = 3}).revision, 3);
}

TEST_P(StoreContractTest, KeysWithHistoriesOfAnyLength) {
  for (int changes = 0; changes < 12; ++changes) {
    const std::string key = "k" + std::string(1, static_cast<char>('a' + changes));
    for (int i = 0; i < changes; ++i) Put(key, std::to_string(i));
    if (changes % 3 == 2) Delete(key);
  }
  const auto expected = ElementsAre("kb=0", "kd=2", "ke=3", "kg=5", "kh=6", "kj=8", "kk=9");
  EXPECT_THAT(All(), expected);
  EXPECT_THAT(Described(Range({.prefix = "k", .start_after = "kd", .limit = 2})),
              ElementsAre("ke=3", "kg=5"));
  const int64_t now = Range({}).revision;
  for (int i = 0; i < 5; ++i) Put("kg", "later");
  EXPECT_THAT(All(now), expected);
}

TEST_P(StoreContractTest, ReadsOfTheFutureAreRefused) {
  Put("a", "1");
  const absl::Status status = store().Range({.revision = 2}).status();
  EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
  EXPECT_EQ(ErrorReason(status), "REVISION_FUTURE");
}

TEST_P(StoreContractTest, PagesAtOneRevisionMakeTheWhole) {
  for (int i = 0; i < 10; ++i) Put(absl::StrCat("k", i), "old");
  Put("other", "");
  RangeResponse page = Range({.prefix = "k", .revision = 0, .limit = 4});
  const int64_t revision = page.revision;
  std::vector<std::string> all = Described(page);
  while (page.more) {
    EXPECT_EQ(page.kvs.size(), 4u);
    Put("k9", "new");
    Delete(absl::StrCat("k", all.size()));
    page = Range(
        {.prefix = "k", .start_after = page.kvs.back().key, .revision = revision, .limit = 4});
    for (std::string& line : Described(page)) all.push_back(std::move(line));
    EXPECT_EQ(page.revision, revision);
  }
  ASSERT_EQ(all.size(), 10u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(all[i], absl::StrCat("k", i, "=old"));
}

TEST_P(StoreContractTest, MoreIsTrueOnlyWhenSomethingFollows) {
  for (const char* key : {"a", "b", "c"}) Put(key, "");
  Delete("c");
  EXPECT_TRUE(Range({.revision = 0, .limit = 1}).more);
  EXPECT_FALSE(Range({.revision = 0, .limit = 2}).more) << "what follows is deleted";
  EXPECT_FALSE(Range({.prefix = "a", .revision = 0, .limit = 1}).more);
}

TEST_P(StoreContractTest, StartAfterOutsideOfThePrefix) {
  for (const char* key : {"a", "b1", "b2", "c"}) Put(key, "");
  EXPECT_THAT(Described(Range({.prefix = "b", .start_after = "a"})), ElementsAre("b1=", "b2="));
  EXPECT_THAT(Range({.prefix = "b", .start_after = "c"}).kvs, IsEmpty());
  EXPECT_THAT(Described(Range({.prefix = "b", .start_after = "b1"})), ElementsAre("b2="));
}

TEST_P(StoreContractTest, EachStoreHasItsOwnId) {
  const std::unique_ptr<TestedStore> other = GetParam()();
  EXPECT_NE(store().store_id(), other->store().store_id());
}

TEST_P(StoreContractTest, AllIsThereAfterOpeningAgain) {
  Put("a", "1");
  Put("b", "1");
  Delete("a");
  const std::string id = store().store_id();
  const std::vector<std::string> events = Described(Events("", 1).events);
  Reopen();
  EXPECT_EQ(store().store_id(), id);
  EXPECT_EQ(store().revision(), 3);
  EXPECT_THAT(All(), ElementsAre("b=1"));
  EXPECT_EQ(Described(Events("", 1).events), events);
  EXPECT_FALSE(Succeeds(PutIf("b", 0, ""))) << "comparisons know what was before";
  EXPECT_EQ(Put("a", "2"), 4);
}

}  // namespace mpd

#endif  // MPD_COMMON_STORE_CONTRACT_STORE_CONTRACT_READ_TESTS_H_
