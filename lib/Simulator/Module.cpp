#include "Module.h"

#include "Memory.h"
#include "Queues.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace metabang::sim {

const char *spaceName(Space space) {
  static const char *const names[] = {"GDRAM", "NRAM", "WRAM", "SRAM", "LDRAM"};
  return names[static_cast<int>(space)];
}

size_t Module::bytesIn(Space space) const {
  // Of the instances of a kernel template one runs: of their locals the largest counts.
  std::string kernel = unit.substr(0, unit.find('<'));
  kernel = kernel.substr(std::min(kernel.size(), kernel.find_last_of(" :") + 1)) + "<";
  std::map<std::string, size_t> instances;
  size_t total = 0;
  for (const Variable &v : variables) {
    size_t size = (v.size + 63) / 64 * 64, local = v.name.rfind(")::");
    if (v.space != space)
      continue;
    if (kernel.size() > 1 && local != v.name.npos && v.name.find(kernel) < v.name.find('('))
      instances[v.name.substr(local)] = std::max(instances[v.name.substr(local)], size);
    else
      total += size;
  }
  for (const auto &each : instances)
    total += each.second;
  return total;
}

Allocation Module::objectAt(uintptr_t p) const {
  auto after = std::upper_bound(objects.begin(), objects.end(), p,
                                [](uintptr_t address, const Allocation &a) { return address < a.begin; });
  return after != objects.begin() && std::prev(after)->contains(p) ? *std::prev(after) : Allocation{};
}

extern "C" void *__tls_get_addr(void *);

uintptr_t Module::address(const Variable &v) const {
  if (!v.threadLocal)
    return v.position;
  struct {
    unsigned long module, offset;
  } index = {tlsModule, v.position};
  return reinterpret_cast<uintptr_t>(__tls_get_addr(&index));
}

namespace {

/// "_ZL4nramB8mlu_nram" is "nram"; a local of a function keeps its function: "kernel()::buffer".
std::string readableName(const char *symbol) {
  int status = 0;
  char *demangled = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : symbol;
  free(demangled);
  for (size_t tag; (tag = name.find("[abi:")) != std::string::npos;)
    name.erase(tag, name.find(']', tag) + 1 - tag);
  return name;
}

bool spaceOfSymbol(const char *symbol, Space &space) {
  static const struct {
    const char *tag;
    Space space;
  } tags[] = {{"B8mlu_nram", Space::NRAM},
              {"B8mlu_wram", Space::WRAM},
              {"B8mlu_sram", Space::SRAM},
              {"B9mlu_ldram", Space::LDRAM}};
  for (const auto &t : tags)
    if (strstr(symbol, t.tag)) {
      space = t.space;
      return true;
    }
  return false;
}

std::vector<char> readFile(const std::string &path) {
  std::vector<char> bytes;
  if (FILE *file = fopen(path.c_str(), "rb")) {
    fseek(file, 0, SEEK_END);
    bytes.resize(static_cast<size_t>(ftell(file)));
    rewind(file);
    if (fread(bytes.data(), 1, bytes.size(), file) != bytes.size())
      bytes.clear();
    fclose(file);
  }
  return bytes;
}

bool hasTag(const char *symbol, const std::string &tag) {
  return strstr(symbol, ("B" + std::to_string(tag.size()) + tag).c_str()) != nullptr;
}

/// Whether the variable belongs to the translation unit of the kernel, and is no local of another kernel.
bool belongsTo(const char *symbol, const __mlu_kernel_info &kernel) {
  if (!kernel.unit) // a generated kernel: its object holds nothing else
    return true;
  if (!hasTag(symbol, std::string("mlu_unit_") + kernel.unit))
    return false;
  std::string name = kernel.name; // may be "space::k<float>"
  name = name.substr(0, name.find('<'));
  size_t scope = name.rfind("::");
  return !strstr(symbol, "mlu_kernel_") || hasTag(symbol, "mlu_kernel_" + name.substr(scope == name.npos ? 0 : scope + 2));
}

/// The initial value of a thread-local variable, from the object's file.
std::vector<char> initialBytes(const std::vector<char> &image, size_t offset, size_t size) {
  std::vector<char> bytes(size);
  const auto *header = reinterpret_cast<const ElfW(Ehdr) *>(image.data());
  const auto *segments = reinterpret_cast<const ElfW(Phdr) *>(image.data() + header->e_phoff);
  for (unsigned s = 0; s < header->e_phnum; ++s)
    if (segments[s].p_type == PT_TLS && offset < segments[s].p_filesz)
      memcpy(bytes.data(), image.data() + segments[s].p_offset + offset,
             std::min(size, size_t(segments[s].p_filesz) - offset));
  return bytes;
}

/// Scalar code cannot reach WRAM: it faults there, and the fault becomes a report. Pages that the variable shares with
/// others stay as they are; there ScalarAccess refuses code that was compiled with its calls.
void forbidAccess(uintptr_t begin, size_t bytes) {
  uintptr_t page = uintptr_t(sysconf(_SC_PAGESIZE)), end = (begin + bytes) / page * page;
  begin = (begin + page - 1) / page * page;
  if (begin < end)
    mprotect(reinterpret_cast<void *>(begin), end - begin, PROT_NONE);
}

void readVariables(Module &module, uintptr_t base, const __mlu_kernel_info &kernel) {
  std::vector<char> image = readFile(module.path);
  if (image.size() < sizeof(ElfW(Ehdr)) || memcmp(image.data(), ELFMAG, SELFMAG) != 0)
    return;
  const auto *header = reinterpret_cast<const ElfW(Ehdr) *>(image.data());
  const auto *sections = reinterpret_cast<const ElfW(Shdr) *>(image.data() + header->e_shoff);
  for (unsigned s = 0; s < header->e_shnum; ++s) {
    if (sections[s].sh_type != SHT_SYMTAB)
      continue;
    const auto *symbols = reinterpret_cast<const ElfW(Sym) *>(image.data() + sections[s].sh_offset);
    const char *strings = image.data() + sections[sections[s].sh_link].sh_offset;
    size_t inBank = 0;
    for (size_t i = 0; i < sections[s].sh_size / sizeof(ElfW(Sym)); ++i) {
      const char *name = strings + symbols[i].st_name;
      Space space;
      unsigned type = ELF64_ST_TYPE(symbols[i].st_info);
      if ((type != STT_TLS && type != STT_OBJECT) || symbols[i].st_shndx == SHN_UNDEF || strstr(name, "_ZGV") == name)
        continue;
      if (!spaceOfSymbol(name, space)) {
        if (!kernel.unit && type == STT_OBJECT && symbols[i].st_size) // without metabang-cncc nothing marks them
          module.objects.push_back({symbols[i].st_value + base, symbols[i].st_size});
        continue;
      }
      if (!belongsTo(name, kernel))
        continue;
      bool local = type == STT_TLS;
      Variable v{readableName(name), space, local, symbols[i].st_value + (local ? 0 : base), symbols[i].st_size, 0, {}};
      if (space == Space::WRAM) {
        forbidAccess(v.position, v.size);
        v.inBank = inBank;
        inBank += ((v.size + 63) / 64 + 31) / 32 * 32;
      }
      if (local && hasTag(name, "mlu_init"))
        v.initial = initialBytes(image, symbols[i].st_value, symbols[i].st_size);
      module.variables.push_back(v);
    }
  }
}

std::shared_ptr<const Module> loadModule(const __mlu_kernel_info &kernel) {
  Dl_info info;
  if (!dladdr(kernel.address, &info) || !info.dli_fname)
    return std::make_shared<Module>();
  auto module = std::make_shared<Module>();
  module->path = info.dli_fname;
  module->unit = kernel.unit ? std::string(kernel.unit) + " " + kernel.name : "";
  uintptr_t base = reinterpret_cast<uintptr_t>(info.dli_fbase);
  struct Query {
    uintptr_t wanted, base;
    size_t tls;
    bool program; // not a shared object
  } query{base, 0, 0, false};
  dl_iterate_phdr(
      [](dl_phdr_info *entry, size_t, void *data) {
        auto *q = static_cast<Query *>(data);
        for (int i = 0; i < entry->dlpi_phnum; ++i)
          if (entry->dlpi_phdr[i].p_type == PT_LOAD) {
            if (entry->dlpi_addr + (entry->dlpi_phdr[i].p_vaddr & ~uintptr_t(4095)) != q->wanted)
              return 0;
            q->base = entry->dlpi_addr;
            q->tls = entry->dlpi_tls_modid;
            q->program = !entry->dlpi_name || !*entry->dlpi_name;
            return 1;
          }
        return 0;
      },
      &query);
  module->base = query.base;
  module->tlsModule = query.tls;
  if (query.program) // its name may be relative to another directory
    module->path = "/proc/self/exe";
  readVariables(*module, query.base, kernel);
  std::sort(module->objects.begin(), module->objects.end(),
            [](const Allocation &a, const Allocation &b) { return a.begin < b.begin; });
  return module;
}

struct Registry {
  std::mutex mutex;
  std::map<const void *, Kernel> kernels;
};
Registry &registry() {
  static auto *r = new Registry; // never destroyed: kernels unregister while the process exits
  return *r;
}

} // namespace

Kernel findKernel(const void *handle) {
  Registry &r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  auto it = r.kernels.find(handle);
  return it == r.kernels.end() ? Kernel{nullptr, nullptr} : it->second;
}

} // namespace metabang::sim

using namespace metabang::sim;

extern "C" void __mluSimRegisterKernel(const __mlu_kernel_info *info) {
  auto module = loadModule(*info);
  Registry &r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  for (const auto &entry : r.kernels) // kernels of one generated object share its description
    if (entry.second.module->base == module->base && entry.second.module->unit == module->unit) {
      module = entry.second.module;
      break;
    }
  r.kernels[info->address] = Kernel{info, module};
}

extern "C" void __mluSimUnregisterKernel(const __mlu_kernel_info *info) {
  runPendingAtEnd();
  Registry &r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  for (auto it = r.kernels.begin(); it != r.kernels.end();)
    it = it->second.info == info ? r.kernels.erase(it) : std::next(it);
}

extern "C" void __mluSimAliasKernel(const void *address, const __mlu_kernel_info *info) {
  Registry &r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  auto it = r.kernels.find(info->address);
  if (it != r.kernels.end())
    r.kernels[address] = it->second;
}

/// A C string as JSON.
static std::string quoted(const char *text) {
  std::string result = "\"";
  for (; text && *text; ++text) {
    if (*text == '"' || *text == '\\')
      result += '\\';
    result += *text;
  }
  return result + "\"";
}

extern "C" const char *mluSimKernels(const char *object) {
  static std::string answer;
  Registry &r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  answer = "[";
  for (const auto &entry : r.kernels) {
    const __mlu_kernel_info &info = *entry.second.info;
    if (entry.first != info.address || (object && entry.second.module->path != object))
      continue;
    answer += (answer.size() > 1 ? ", {\"name\": " : "{\"name\": ") + quoted(info.name) +
              ", \"address\": " + std::to_string(reinterpret_cast<uintptr_t>(info.address)) +
              ", \"signature\": " + quoted(info.signature) + ", \"sizes\": [";
    for (unsigned p = 0; p < info.nparams; ++p)
      answer += (p ? ", " : "") + std::to_string(info.sizes[p]);
    answer += "]}";
  }
  answer += "]";
  return answer.c_str();
}

extern "C" void __mluSimAdoptVariable(const void *address, unsigned long bytes) {
  adoptDevice(const_cast<void *>(address), bytes);
}

extern "C" int __mluSimKnowsKernel(const void *address) { return findKernel(address).info != nullptr; }
