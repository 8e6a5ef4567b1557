// The functions of the verbs. Each gets the words after the verb, prints its result, and returns
// the exit code.
#ifndef MPD_GATEWAY_CTL_COMMANDS_COMMANDS_H_
#define MPD_GATEWAY_CTL_COMMANDS_COMMANDS_H_

#include <string>
#include <vector>

#include "gateway/ctl/commands/app.h"

namespace mpd::gateway::ctl {

using Words = std::vector<std::string>;

int RunStatus(const App& app, const Words& words);
int RunUp(const App& app, const Words& words);
int RunDown(const App& app, const Words& words);

int RunRuntimeCreate(const App& app, const Words& words);
int RunRuntimeStart(const App& app, const Words& words);
int RunRuntimeStop(const App& app, const Words& words);
int RunRuntimeDelete(const App& app, const Words& words);
int RunRuntimeList(const App& app, const Words& words);

int RunDbCreate(const App& app, const Words& words);
int RunDbStart(const App& app, const Words& words);
int RunDbStop(const App& app, const Words& words);
int RunDbDelete(const App& app, const Words& words);
int RunDbList(const App& app, const Words& words);

int RunLeaseList(const App& app, const Words& words);
int RunDnsList(const App& app, const Words& words);
int RunDnsLookup(const App& app, const Words& words);
int RunWatch(const App& app, const Words& words);
int RunLogs(const App& app, const Words& words);

}  // namespace mpd::gateway::ctl

#endif  // MPD_GATEWAY_CTL_COMMANDS_COMMANDS_H_
