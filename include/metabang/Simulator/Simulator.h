#ifndef METABANG_SIMULATOR_SIMULATOR_H
#define METABANG_SIMULATOR_SIMULATOR_H

// What libcnrt_sim.so offers beside CNRT: choosing the simulated device, the checks, and what the last launch took.
extern "C" {

/// Makes `name` ("mtp_270", …) the device of every following call; memory that is allocated stays. Returns 0, or -1 if
/// there is no such device or a kernel is running. The environment variable MLU_SIM_DEVICE sets the first one; otherwise
/// it is the one that the program was compiled for, or mtp_270.
int mluSimSetDevice(const char *name);

/// The name of the simulated device.
const char *mluSimGetDevice(void);

/// The sanitizer: 0 off (only the cheap checks), 1 on, copies complete at issue, 2 on, copies complete as late as the
/// synchronisation allows. MLU_SIM_SANITIZE=1 sets it first (to 2, if MLU_SIM_ORDER does not say eager).
void mluSimSetSanitize(int mode);
int mluSimGetSanitize(void);

/// What the hardware leaves open: parts separated by commas. "eager" or "lazy" say when asynchronous copies complete: at
/// issue, or not before something waits for them. "forward", "reverse" or "seed:N" give the order of the tasks of a
/// Block job, of unions, and of the cores of a union. Parts that are not named stay as they are. A right kernel gives the same bits
/// in every schedule. Returns 0, or -1 (and nothing changes) if a part is unknown. MLU_SIM_ORDER sets the first one; "eager,forward"
/// otherwise.
int mluSimSetSchedule(const char *schedule);
/// All parts, as "lazy,seed:7". Valid until the next call.
const char *mluSimGetSchedule(void);

/// The numerics of builtins: "ideal" (exact, then rounded once) or "documented" (as far off as the vendor's documents allow, by
/// deviations that `seed` determines, and undefined outside of documented ranges). Returns 0, or -1 for another name.
/// MLU_SIM_NUMERICS and MLU_SIM_SEED set them first; ideal and 0 otherwise.
int mluSimSetNumerics(const char *mode, unsigned long long seed);
const char *mluSimGetNumerics(void);

/// The paragraph about the last violation of this process, "" if there was none. Valid until the next call.
const char *mluSimLastReport(void);
void mluSimClearReport(void);

/// The kernels that are registered, of the shared object `object` (as it was given to dlopen) or of all if it is null, as
/// a JSON array of {name, address, signature: "… [with P = {float*, int}]", sizes: bytes a parameter}. Valid until the
/// next call.
const char *mluSimKernels(const char *object);

/// The modelled profile of the last launch as a JSON object: kernel, device, dim, type, tasks, cores, us, launch_us;
/// busy_us of the critical core per pipe (io, move, compute, scalar); occupancy, the part of the time that the pipes of
/// all cores work; bytes (GDRAM), macs, dram_efficiency (of the peak bandwidth), bound. "{}" before the first launch.
/// Valid until the next call. docs/time-model.md says what the numbers stand for.
const char *mluSimLastProfile(void);

/// All launches since the last call of mluSimClearProfiles as a JSON array (the newest 65,536).
const char *mluSimProfiles(void);
void mluSimClearProfiles(void);

/// Writes what every pipe of every core does in the following launches to the file, in the trace-event format that
/// Perfetto reads. The file is complete after each launch. Returns 0, or -1 if it cannot be written. The environment
/// variable MLU_SIM_TRACE names the first file.
int mluSimTraceStart(const char *path);
void mluSimTraceStop(void);
}

#endif // METABANG_SIMULATOR_SIMULATOR_H
