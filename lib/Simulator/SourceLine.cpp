#include "SourceLine.h"

#include <cstdio>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace metabang::sim {

/// What `addr2line -e path offset` prints, "" if it cannot be run.
static std::string addr2line(const std::string &path, const std::string &offset) {
  int ends[2];
  if (pipe(ends) != 0)
    return "";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[1], 1);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", 1, 0);
  posix_spawn_file_actions_addclose(&files, ends[0]);
  std::string program = "addr2line", option = "-e", object = path, address = offset;
  char *arguments[] = {program.data(), option.data(), object.data(), address.data(), nullptr};
  pid_t child;
  int failed = posix_spawnp(&child, "addr2line", &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  close(ends[1]);
  std::string text;
  if (!failed) {
    char buffer[512];
    for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, size_t(n));
    waitpid(child, nullptr, 0);
  }
  close(ends[0]);
  return text.substr(0, text.find('\n'));
}

std::string sourceLine(const Module &module, uintptr_t instruction) {
  char offset[32];
  snprintf(offset, sizeof offset, "0x%zx", size_t(instruction - module.base));
  std::string path = module.path == "/proc/self/exe" ? "/proc/" + std::to_string(getpid()) + "/exe" : module.path;
  std::string line = addr2line(path, offset);
  line = line.substr(0, line.find(" (discriminator"));
  if (line.empty() || line[0] == '?' || line.find(":?") != std::string::npos ||
      (line.size() > 1 && line.compare(line.size() - 2, 2, ":0") == 0))
    return std::string("instruction ") + offset + " of " + module.path;
  return line;
}

} // namespace metabang::sim
