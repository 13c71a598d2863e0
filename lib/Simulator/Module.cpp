#include "Module.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

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
  size_t total = 0;
  for (const Variable &v : variables)
    if (v.space == space)
      total += (v.size + 63) / 64 * 64;
  return total;
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
  size_t tag = name.find("[abi:");
  return tag == std::string::npos ? name : name.substr(0, tag);
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

void readVariables(Module &module, uintptr_t base) {
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
      if ((type != STT_TLS && type != STT_OBJECT) || symbols[i].st_shndx == SHN_UNDEF || strstr(name, "_ZGV") == name ||
          !spaceOfSymbol(name, space))
        continue;
      bool local = type == STT_TLS;
      Variable v{readableName(name), space, local, symbols[i].st_value + (local ? 0 : base), symbols[i].st_size};
      if (space == Space::WRAM) {
        v.inBank = inBank;
        inBank += ((v.size + 63) / 64 + 31) / 32 * 32;
      }
      module.variables.push_back(v);
    }
  }
}

std::shared_ptr<const Module> loadModule(const void *address) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname)
    return std::make_shared<Module>();
  auto module = std::make_shared<Module>();
  module->path = info.dli_fname;
  uintptr_t base = reinterpret_cast<uintptr_t>(info.dli_fbase);
  struct Query {
    uintptr_t wanted, base;
    size_t tls;
  } query{base, 0, 0};
  dl_iterate_phdr(
      [](dl_phdr_info *entry, size_t, void *data) {
        auto *q = static_cast<Query *>(data);
        for (int i = 0; i < entry->dlpi_phnum; ++i)
          if (entry->dlpi_phdr[i].p_type == PT_LOAD) {
            if (entry->dlpi_addr + (entry->dlpi_phdr[i].p_vaddr & ~uintptr_t(4095)) != q->wanted)
              return 0;
            q->base = entry->dlpi_addr;
            q->tls = entry->dlpi_tls_modid;
            return 1;
          }
        return 0;
      },
      &query);
  module->base = query.base;
  module->tlsModule = query.tls;
  readVariables(*module, query.base);
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
  auto module = loadModule(info->address);
  Registry &r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  for (const auto &entry : r.kernels) // kernels of one object share its description
    if (entry.second.module->base == module->base) {
      module = entry.second.module;
      break;
    }
  r.kernels[info->address] = Kernel{info, module};
}

extern "C" void __mluSimUnregisterKernel(const __mlu_kernel_info *info) {
  Registry &r = registry();
  std::lock_guard<std::mutex> lock(r.mutex);
  auto it = r.kernels.find(info->address);
  if (it != r.kernels.end() && it->second.info == info)
    r.kernels.erase(it);
}
