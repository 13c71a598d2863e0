//===- fake_cnrt.h - Control of the CNRT made for the tests -----*- C++ -*-===//

#ifndef METABANG_TEST_FAKE_CNRT_H
#define METABANG_TEST_FAKE_CNRT_H

#include <cstddef>
#include <cstdint>

extern "C" {
/// Forgets the recorded calls; from now on the failAt-th call (from 1; 0 none)
/// or every call of failName returns `code`. The environment variables
/// FAKE_CNRT_FAIL_AT and FAKE_CNRT_FAIL_NAME do the same from the start.
void fakeReset(int failAt, const char *failName, int code);
int fakeCallCount();
const char *fakeCall(int index);
/// Handles not yet released: queue, memory, notifier, params, initparam, init.
int fakeLive(const char *kind);
/// Releases of something that was not live.
int fakeStrayReleases();
}

#endif // METABANG_TEST_FAKE_CNRT_H
