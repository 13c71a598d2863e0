#ifndef METABANG_SIMULATOR_PROGRAMLOG_H
#define METABANG_SIMULATOR_PROGRAMLOG_H

#include <cstddef>
#include <string>

namespace metabang::sim {

// What `metabang sanitize` and `metabang profile` learn of a program that they run: with MLU_SIM_LOG=FILE the library
// appends one JSON object a line: {"report": …, "launch": whether it stopped one} for each violation, and at the end of the process {"profiles": […],
// "inputs": …, "results": …}, digests of what was copied to and from the device. Runs with the same inputs and other
// results differ by the schedule alone.

/// A program of metabang-cncc runs: nobody asks for its reports, so they are printed.
void announceReports();
/// True if somebody has seen it.
bool logReport(const std::string &report, bool ofLaunch);
/// `number` is that of the copy in the program: the digests do not depend on the order in which queues run.
void logCopy(bool fromDevice, const void *bytes, size_t size, unsigned number);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_PROGRAMLOG_H
