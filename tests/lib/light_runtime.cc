// What a runtime is to mpd and nothing more, in one static program: a server on port 22 that sends
// a banner. For tests and loads that are about mpd and not about booting systemd.
//
// As process 1: `init serve` does that; `init exit` prints two lines and ends with code 3;
// `init mute` listens nowhere. As `systemctl` it says "running". Like systemd it tells
// $NOTIFY_SOCKET once it is up.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

void Say(int file, const char* text) { (void)!write(file, text, strlen(text)); }

void End(int) { _exit(0); }

void TellReady() {
  const char* const path = getenv("NOTIFY_SOCKET");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path == nullptr || strlen(path) >= sizeof(address.sun_path)) return;
  strcpy(address.sun_path, path);
  const int out = socket(AF_UNIX, SOCK_DGRAM, 0);
  (void)!sendto(out, "READY=1", 7, 0, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(out);
}

int Serve() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(22);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return 1;
  if (listen(listener, 64) != 0) return 1;
  Say(STDOUT_FILENO, "light: serves\n");
  TellReady();
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    (void)!send(client, "SSH-2.0-light\r\n", 15, MSG_NOSIGNAL);
    close(client);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (strstr(argv[0], "systemctl") != nullptr) {
    Say(STDOUT_FILENO, "running\n");
    return 0;
  }
  // What Podman sends to stop a container whose process 1 is systemd, and any other.
  signal(SIGRTMIN + 3, End);
  signal(SIGTERM, End);
  const char* const mode = argc > 1 ? argv[1] : "serve";
  if (strcmp(mode, "exit") == 0) {
    Say(STDOUT_FILENO, "light: reads its configuration\n");
    Say(STDERR_FILENO, "light: bad option at line 1\n");
    return 3;
  }
  if (strcmp(mode, "mute") == 0) {
    while (true) pause();
  }
  return Serve();
}
