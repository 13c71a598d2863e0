#include "metabang/Graph/SourceTable.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

namespace metabang::graph {
namespace {
struct Table {
  std::mutex mutex;
  std::map<std::pair<std::string, int>, uint32_t> numbers;
  std::vector<SourceLine> lines{SourceLine{}};
};
Table &table() {
  static Table *instance = new Table; // nodes may outlive static destruction
  return *instance;
}
} // namespace

uint32_t internSource(const std::string &file, int line) {
  Table &t = table();
  std::lock_guard<std::mutex> lock(t.mutex);
  auto [it, fresh] = t.numbers.try_emplace({file, line}, static_cast<uint32_t>(t.lines.size()));
  if (fresh)
    t.lines.push_back({file, line});
  return it->second;
}

SourceLine sourceOf(uint32_t location) {
  Table &t = table();
  std::lock_guard<std::mutex> lock(t.mutex);
  return location < t.lines.size() ? t.lines[location] : SourceLine{};
}

std::string displayPath(const std::string &file) {
  for (const char *root : {"/site-packages/", "/dist-packages/", "/python/metabang/"}) {
    size_t at = file.rfind(root);
    if (at != std::string::npos)
      return root[1] == 'p' ? file.substr(at + 8) : file.substr(at + std::string(root).size());
  }
  std::error_code error;
  std::string cwd = std::filesystem::current_path(error).string() + "/";
  if (!error && file.compare(0, cwd.size(), cwd) == 0)
    return file.substr(cwd.size());
  return file;
}

} // namespace metabang::graph
