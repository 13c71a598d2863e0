#include "Sram.h"

#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace metabang::sim {

Sram::Sram(const Module &module, unsigned clusters) : count(clusters) {
  if (clusters < 2)
    return; // the variables themselves are the SRAM
  uintptr_t page = uintptr_t(sysconf(_SC_PAGESIZE));
  for (const Variable &v : module.variables) {
    if (v.space != Space::SRAM)
      continue;
    Part p;
    p.begin = v.position;
    p.end = v.position + v.size;
    p.pagesBegin = (p.begin + page - 1) / page * page;
    p.pagesEnd = p.end / page * page;
    if (p.pagesEnd <= p.pagesBegin)
      p.pagesBegin = p.pagesEnd = p.end;
    p.offset = clusterBytes;
    clusterBytes += p.pagesEnd - p.pagesBegin;
    p.edges.resize(clusters, std::vector<char>((p.pagesBegin - p.begin) + (p.end - p.pagesEnd)));
    parts.push_back(std::move(p));
  }
  if (!clusterBytes)
    return;
  file = memfd_create("mlu-sram", MFD_CLOEXEC);
  ok = file >= 0 && ftruncate(file, off_t(clusterBytes * clusters)) == 0;
  for (Part &p : parts)
    if (ok)
      load(p, 0);
}

Sram::~Sram() {
  if (file < 0)
    return;
  for (Part &p : parts) // private memory again; SRAM keeps nothing between launches
    if (p.pagesEnd > p.pagesBegin)
      mmap(reinterpret_cast<void *>(p.pagesBegin), p.pagesEnd - p.pagesBegin, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  close(file);
}

void Sram::save(Part &p, unsigned cluster) {
  char *edge = p.edges[cluster].data();
  size_t head = p.pagesBegin - p.begin;
  memcpy(edge, reinterpret_cast<char *>(p.begin), head);
  memcpy(edge + head, reinterpret_cast<char *>(p.pagesEnd), p.end - p.pagesEnd);
}

void Sram::load(Part &p, unsigned cluster) {
  const char *edge = p.edges[cluster].data();
  size_t head = p.pagesBegin - p.begin;
  memcpy(reinterpret_cast<char *>(p.begin), edge, head);
  memcpy(reinterpret_cast<char *>(p.pagesEnd), edge + head, p.end - p.pagesEnd);
  if (p.pagesEnd > p.pagesBegin)
    mmap(reinterpret_cast<void *>(p.pagesBegin), p.pagesEnd - p.pagesBegin, PROT_READ | PROT_WRITE,
         MAP_SHARED | MAP_FIXED, file, off_t(cluster * clusterBytes + p.offset));
}

void Sram::activate(unsigned cluster) {
  if (cluster == active || count < 2)
    return;
  for (Part &p : parts) {
    save(p, active);
    load(p, cluster);
  }
  active = cluster;
}

void Sram::push(unsigned to, uintptr_t dst, const void *src, size_t bytes) {
  if (to == active || count < 2) {
    memmove(reinterpret_cast<void *>(dst), src, bytes);
    return;
  }
  std::vector<char> copy(static_cast<const char *>(src), static_cast<const char *>(src) + bytes);
  unsigned from = active;
  activate(to);
  memcpy(reinterpret_cast<void *>(dst), copy.data(), bytes);
  activate(from);
}

} // namespace metabang::sim
