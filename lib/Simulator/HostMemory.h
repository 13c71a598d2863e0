#ifndef METABANG_SIMULATOR_HOSTMEMORY_H
#define METABANG_SIMULATOR_HOSTMEMORY_H

#include "QueueRaces.h"

namespace metabang::sim {

/// Memory of cnrtHostMalloc: asynchronous copies really are asynchronous with it.
void addLocked(const void *p, size_t bytes);
void removeLocked(const void *p);
bool isLocked(const void *p);

/// An asynchronous copy reads or (`write`) writes host memory until the host has synchronised with it. The report of a
/// race with another copy, or "".
std::string watchHost(const OperationRef &copy, uintptr_t begin, size_t bytes, bool write);
/// `now`, on the host or in a queue, touches host memory. The report of a race with an asynchronous copy, or "".
std::string touchHost(const Operation &now, uintptr_t begin, size_t bytes, bool write);
/// What the host knows is not watched any longer.
void unwatchHost(const Knowledge &host);
/// Whether anything is watched: host code asks before each of its loads and stores.
bool watchingHost();

/// Copies bytes of which those at `host` may not be mapped any longer. False if they are not.
bool readHost(void *to, const void *host, size_t bytes);
bool writeHost(void *host, const void *from, size_t bytes);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_HOSTMEMORY_H
