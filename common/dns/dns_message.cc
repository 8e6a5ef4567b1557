#include "common/dns/dns_message.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace mpd {
namespace {

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxName = 253;  // in presentation format, without the last dot
constexpr uint16_t kClassIn = 1;

absl::Status Malformed(absl::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("The resolver's response is malformed: ", what),
                   "MALFORMED_RESPONSE");
}

void AppendU16(uint16_t value, std::string* out) {
  out->push_back(static_cast<char>(value >> 8));
  out->push_back(static_cast<char>(value & 0xff));
}

// Bytes that would be misread in presentation format, escaped as RFC 1035 §5.1 has it.
void AppendEscaped(absl::string_view text, absl::string_view special, std::string* out) {
  for (const char c : text) {
    if (absl::ascii_isgraph(static_cast<unsigned char>(c)) || (c == ' ' && special == "\"\\")) {
      if (special.find(c) != absl::string_view::npos) out->push_back('\\');
      out->push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      absl::StrAppend(out, "\\", byte / 100, byte / 10 % 10, byte % 10);
    }
  }
}

// Reads forward through a message; every read is checked. `limit` is where reading ends.
class Reader {
 public:
  explicit Reader(absl::string_view message) : message_(message), limit_(message.size()) {}

  size_t position() const { return position_; }
  size_t left() const { return limit_ - position_; }
  // Reading ends `length` bytes on; false when that is outside.
  bool Narrow(size_t length) {
    if (length > left()) return false;
    limit_ = position_ + length;
    return true;
  }
  bool Skip(size_t length) {
    if (length > left()) return false;
    position_ += length;
    return true;
  }
  bool U8(uint8_t* value) {
    if (left() < 1) return false;
    *value = static_cast<uint8_t>(message_[position_++]);
    return true;
  }
  bool U16(uint16_t* value) {
    uint8_t high = 0, low = 0;
    if (left() < 2 || !U8(&high) || !U8(&low)) return false;
    *value = static_cast<uint16_t>(high << 8 | low);
    return true;
  }
  bool U32(uint32_t* value) {
    uint16_t high = 0, low = 0;
    if (left() < 4 || !U16(&high) || !U16(&low)) return false;
    *value = uint32_t{high} << 16 | low;
    return true;
  }
  bool Bytes(size_t length, absl::string_view* bytes) {
    if (length > left()) return false;
    *bytes = message_.substr(position_, length);
    position_ += length;
    return true;
  }
  bool Name(std::string* name);

 private:
  absl::string_view message_;
  size_t position_ = 0;
  size_t limit_;
};

// RFC 1035 §4.1.4. Each pointer must go back to before where the name, or the last jump, began:
// that alone rules out loops.
bool Reader::Name(std::string* name) {
  name->clear();
  size_t at = position_;
  size_t end = limit_;
  size_t barrier = position_;
  bool jumped = false;
  size_t wire_length = 1;
  for (;;) {
    if (at >= end) return false;
    const auto length = static_cast<uint8_t>(message_[at]);
    if (length == 0) {
      if (!jumped) position_ = at + 1;
      return true;
    }
    if ((length & 0xc0) == 0xc0) {
      if (at + 1 >= end) return false;
      const size_t target = (size_t{length} & 0x3f) << 8 | static_cast<uint8_t>(message_[at + 1]);
      if (target >= barrier) return false;
      if (!jumped) position_ = at + 2;
      jumped = true;
      at = barrier = target;
      end = message_.size();
      continue;
    }
    if (length > kMaxLabel || length > end - at - 1) return false;
    wire_length += length + size_t{1};
    if (wire_length > 255) return false;
    if (!name->empty()) name->push_back('.');
    AppendEscaped(message_.substr(at + 1, length), ".\\\"", name);
    at += length + size_t{1};
  }
}

bool ParseText(Reader reader, std::string* data) {
  while (reader.left() > 0) {
    uint8_t length = 0;
    absl::string_view text;
    if (!reader.U8(&length) || !reader.Bytes(length, &text)) return false;
    absl::StrAppend(data, data->empty() ? "\"" : " \"");
    AppendEscaped(text, "\"\\", data);
    data->push_back('"');
  }
  return !data->empty();
}

bool ParseAddress(Reader reader, int family, size_t size, std::string* data) {
  absl::string_view bytes;
  if (reader.left() != size || !reader.Bytes(size, &bytes)) return false;
  std::array<char, INET6_ADDRSTRLEN> text;
  if (inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return false;
  *data = text.data();
  return true;
}

// `numbers` 16-bit numbers and then a name: MX has one, SRV three, NS, CNAME and PTR none.
bool ParseNumbersAndName(Reader reader, int numbers, std::string* data) {
  for (int i = 0; i < numbers; ++i) {
    uint16_t number = 0;
    if (!reader.U16(&number)) return false;
    absl::StrAppend(data, number, " ");
  }
  std::string name;
  if (!reader.Name(&name) || reader.left() != 0) return false;
  absl::StrAppend(data, name.empty() ? "." : name);
  return true;
}

bool ParseSoa(Reader reader, std::string* data) {
  std::string server, mailbox;
  if (!reader.Name(&server) || !reader.Name(&mailbox) || reader.left() != 20) return false;
  *data = absl::StrCat(server, " ", mailbox);
  for (int i = 0; i < 5; ++i) {
    uint32_t number = 0;
    reader.U32(&number);
    absl::StrAppend(data, " ", number);
  }
  return true;
}

bool ParseUnknown(Reader reader, std::string* data) {
  absl::string_view bytes;
  const size_t length = reader.left();
  reader.Bytes(length, &bytes);
  *data = absl::StrCat("\\# ", length, length == 0 ? "" : " ", absl::BytesToHexString(bytes));
  return true;
}

// `reader` sees the record's data only, though names in it may point anywhere before.
bool ParseData(Reader reader, uint16_t type, std::string* data) {
  switch (type) {
    case DnsType::kA:
      return ParseAddress(reader, AF_INET, 4, data);
    case DnsType::kAaaa:
      return ParseAddress(reader, AF_INET6, 16, data);
    case DnsType::kNs:
    case DnsType::kCname:
    case DnsType::kPtr:
      return ParseNumbersAndName(reader, 0, data);
    case DnsType::kMx:
      return ParseNumbersAndName(reader, 1, data);
    case DnsType::kSrv:
      return ParseNumbersAndName(reader, 3, data);
    case DnsType::kTxt:
      return ParseText(reader, data);
    case DnsType::kSoa:
      return ParseSoa(reader, data);
    default:
      return ParseUnknown(reader, data);
  }
}

bool ParseRecord(Reader* reader, DnsRecord* record) {
  uint16_t dns_class = 0, length = 0;
  if (!reader->Name(&record->name) || !reader->U16(&record->type) || !reader->U16(&dns_class) ||
      !reader->U32(&record->ttl) || !reader->U16(&length)) {
    return false;
  }
  if (record->ttl >> 31 != 0) record->ttl = 0;  // RFC 2181 §8
  Reader data = *reader;
  return data.Narrow(length) && ParseData(data, record->type, &record->data) &&
         reader->Skip(length);
}

}  // namespace

absl::StatusOr<std::string> EncodeQuery(uint16_t id, const std::string& name, uint16_t type) {
  absl::string_view rest = name;
  if (!rest.empty() && rest.back() == '.') rest.remove_suffix(1);
  if (rest.size() > kMaxName) return InvalidField("name", name, "is longer than 253 characters");
  std::string query;
  AppendU16(id, &query);
  AppendU16(0x0100, &query);  // recursion desired
  for (const uint16_t count : {1, 0, 0, 0}) AppendU16(count, &query);
  if (!rest.empty()) {
    for (const absl::string_view label : absl::StrSplit(rest, '.')) {
      if (label.empty() || label.size() > kMaxLabel) {
        return InvalidField("name", name, "has a label that is empty or longer than 63 characters");
      }
      query.push_back(static_cast<char>(label.size()));
      query.append(label.data(), label.size());
    }
  }
  query.push_back('\0');
  AppendU16(type, &query);
  AppendU16(kClassIn, &query);
  return query;
}

absl::StatusOr<DnsResponse> ParseResponse(absl::string_view bytes) {
  Reader reader(bytes);
  DnsResponse response;
  uint16_t flags = 0, questions = 0, answers = 0, authorities = 0, additionals = 0;
  if (!reader.U16(&response.id) || !reader.U16(&flags) || !reader.U16(&questions) ||
      !reader.U16(&answers) || !reader.U16(&authorities) || !reader.U16(&additionals)) {
    return Malformed("its header is cut off");
  }
  if ((flags & 0x8000) == 0) return Malformed("it is a query");
  response.rcode = flags & 0x0f;
  response.truncated = (flags & 0x0200) != 0;
  uint16_t dns_class = 0;
  if (questions != 1 || !reader.Name(&response.question_name) ||
      !reader.U16(&response.question_type) || !reader.U16(&dns_class) || dns_class != kClassIn) {
    return Malformed("it does not repeat one question");
  }
  absl::AsciiStrToLower(&response.question_name);
  for (int i = 0; i < answers; ++i) {
    DnsRecord record;
    if (!ParseRecord(&reader, &record)) {
      // A truncated message may end anywhere; what came before is good.
      if (response.truncated) break;
      return Malformed("an answer is cut off or not of its type's form");
    }
    response.answers.push_back(std::move(record));
  }
  return response;
}

}  // namespace mpd
