#include "container-manager/kinds/service/portal_files.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"

namespace mpd::containers {
namespace {

// By default nginx does not start with a name of more than 46 characters. A bucket of 512 bytes
// holds any name that DNS has.
constexpr char kNames[] = R"(server_names_hash_bucket_size 512;
server_names_hash_max_size 8192;
)";

// $0: the zone. An unknown name, and the bare address, get the page too.
constexpr char kPortalServer[] = R"(server {
  listen 80 default_server;
  server_name $0 portal.service.$0;
  root /etc/mpd/service/www;
  add_header Cache-Control no-cache;
}
)";

// $0: the zone, $1: adminer's address. Dumps are large, and queries take their time.
constexpr char kAdminerServer[] = R"(server {
  listen 80;
  server_name adminer.service.$0;
  client_max_body_size 1g;
  location / {
    proxy_pass http://$1:80;
    proxy_set_header Host $$host;
    proxy_set_header X-Forwarded-For $$remote_addr;
    proxy_connect_timeout 3s;
    proxy_read_timeout 1h;
    error_page 502 504 = @away;
  }
  location @away {
    default_type text/plain;
    return 503 "adminer does not answer: mpdctl status, in the VM, says why\n";
  }
}
)";

constexpr char kNoAdminerServer[] = R"(server {
  listen 80;
  server_name adminer.service.$0;
  return 404;
}
)";

// $0: the VM's hostname, $1: the zone.
constexpr char kPage[] = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$0</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; }
code { font-size: 0.95em; }
dt { margin-top: 1rem; font-weight: 600; }
dd { margin: 0; }
footer { margin-top: 3rem; opacity: 0.7; }
</style>
</head>
<body>
<h1>$0</h1>
<p>The development machine behind <code>$1</code>. What runs in it is reached by name:</p>
<dl>
<dt>Runtimes</dt>
<dd><code>ssh &lt;name&gt;.runtime.$1</code>, as <code>mpdctl runtime create</code> named it</dd>
<dt>Databases</dt>
<dd><code>&lt;engine&gt;-&lt;version&gt;.db.$1</code>, dots as dashes, like <code>postgres-17.db.$1</code>;
user and password are <code>postgres</code> in PostgreSQL, <code>root</code> in MariaDB and MySQL</dd>
<dd>in the browser: <a href="http://adminer.service.$1/">adminer.service.$1</a></dd>
<dt>Files</dt>
<dd><code>sftp fileaccess.service.$1</code>, with the key that opens the runtimes; everything is
below <code>/srv</code></dd>
</dl>
<footer>What runs just now, <code>mpdctl status</code> in the machine says.</footer>
</body>
</html>
)";

std::string EscapedHtml(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

}  // namespace

std::string PortalServers(const Config& config) {
  const std::string& zone = config.zone.value();
  const auto adminer = config.FixedAddressOf("service/adminer");
  return absl::StrCat(kNames, absl::Substitute(kPortalServer, zone),
                      adminer.ok() ? absl::Substitute(kAdminerServer, zone, adminer->ToString())
                                   : absl::Substitute(kNoAdminerServer, zone));
}

std::string PortalPage(const Config& config, absl::string_view vm_hostname) {
  return absl::Substitute(kPage, EscapedHtml(vm_hostname), config.zone.value());
}

}  // namespace mpd::containers
