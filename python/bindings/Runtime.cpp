// metabang._core.runtime: CNRT, the device and plans.
#include "metabang/Runtime/Plan.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace metabang::runtime;

namespace {

static_assert(sizeof(Py_ssize_t) == sizeof(int64_t), "shapes of buffers are handed over as they are");

// NumPy's name of an element format of the buffer protocol.
const char *dtypeName(const char *format) {
  if (*format == '@' || *format == '=' || *format == '<')
    ++format;
  switch (format[0] && !format[1] ? format[0] : '\0') {
  case '?':
    return "bool";
  case 'b':
    return "int8";
  case 'B':
    return "uint8";
  case 'h':
    return "int16";
  case 'H':
    return "uint16";
  case 'i':
    return "int32";
  case 'I':
    return "uint32";
  case 'l':
  case 'q':
    return "int64";
  case 'L':
  case 'Q':
    return "uint64";
  case 'e':
    return "float16";
  case 'f':
    return "float32";
  case 'd':
    return "float64";
  default:
    return "another dtype";
  }
}

// A borrowed dense buffer of a Python object.
class Borrowed {
public:
  Borrowed() { view.obj = nullptr; }
  Borrowed(Borrowed &&other) noexcept : owner(std::move(other.owner)), view(other.view) { other.view.obj = nullptr; }
  Borrowed &operator=(Borrowed &&) = delete;
  ~Borrowed() { PyBuffer_Release(&view); } // nothing if view.obj is null

  // Copies an array that is not dense first.
  void borrow(nb::handle array, int flags) {
    if (PyObject_GetBuffer(array.ptr(), &view, flags) == 0)
      return;
    view.obj = nullptr;
    PyErr_Clear();
    if (flags & PyBUF_WRITABLE)
      throw nb::type_error("a result has to be a writable dense array");
    owner = nb::module_::import_("numpy").attr("ascontiguousarray")(array);
    if (PyObject_GetBuffer(owner.ptr(), &view, flags) != 0)
      nb::raise_python_error();
  }

  HostArray array() const {
    return {view.buf, dtypeName(view.format ? view.format : "B"), reinterpret_cast<const int64_t *>(view.shape),
            static_cast<size_t>(view.ndim)};
  }
  void *data() const { return view.buf; }
  size_t bytes() const { return static_cast<size_t>(view.len); }

private:
  nb::object owner;
  Py_buffer view;
};

class PyPlan {
public:
  PyPlan(std::shared_ptr<Context> context, const std::string &json, const std::map<std::string, std::string> &modules)
      : plan(std::move(context), PlanDescription::parse(json), modules), seen(plan.description().argumentCount),
        counters(plan.description().argumentCount, 0) {}

  void run(nb::list arguments, nb::list results, nb::object versions, bool profile) {
    // Which arguments are needed is decided and used under one lock; nobody waits for it with the GIL.
    std::unique_lock<std::mutex> guard(mutex, std::defer_lock);
    {
      nb::gil_scoped_release release;
      guard.lock();
    }
    std::vector<int64_t> wanted = readVersions(arguments, versions);
    std::vector<Borrowed> borrowed;
    borrowed.reserve(arguments.size() + results.size());
    std::vector<HostArray> arrays(arguments.size());
    for (size_t i = 0; i < arrays.size(); ++i)
      if (plan.needs(static_cast<int>(i), wanted[i])) {
        borrowed.emplace_back().borrow(arguments[i], PyBUF_C_CONTIGUOUS | PyBUF_FORMAT);
        arrays[i] = borrowed.back().array();
      }
    std::vector<void *> pointers;
    const PlanDescription &description = plan.description();
    for (size_t i = 0; i < results.size() && i < description.results.size(); ++i) {
      borrowed.emplace_back().borrow(results[i], PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE);
      if (borrowed.back().bytes() != description.buffers[description.results[i]].hostBytes())
        throw nb::value_error("a result array has another size than the result");
      pointers.push_back(borrowed.back().data());
    }
    nb::gil_scoped_release release;
    plan.run(arrays, pointers, wanted, profile);
  }

  Plan plan;

private:
  // Without versions a constant counts as changed when it is another object
  // than at the last run; the counters are negative to differ from a caller's.
  std::vector<int64_t> readVersions(nb::list arguments, nb::object versions) {
    std::vector<int64_t> wanted(arguments.size(), 0);
    if (!versions.is_none()) {
      nb::sequence given = nb::cast<nb::sequence>(versions);
      if (nb::len(given) != wanted.size())
        throw nb::value_error("one version for every argument, or None");
      for (size_t i = 0; i < wanted.size(); ++i)
        wanted[i] = nb::cast<int64_t>(given[i]);
      return wanted;
    }
    for (size_t i = 0; i < std::min(wanted.size(), seen.size()); ++i) {
      if (plan.isConstant(static_cast<int>(i)) && !seen[i].is(arguments[i])) {
        seen[i] = arguments[i];
        --counters[i];
      }
      wanted[i] = counters[i];
    }
    return wanted;
  }

  std::mutex mutex;
  std::vector<nb::object> seen;
  std::vector<int64_t> counters;
};

nb::dict deviceProperties(const Context &context) {
  DeviceProperties properties = context.device.properties();
  nb::dict result;
  result["name"] = properties.name;
  result["isa"] = properties.isa;
  result["clusters"] = properties.clusters;
  result["cores_per_cluster"] = properties.coresPerCluster;
  result["cores"] = properties.cores;
  result["nram_bytes"] = properties.nramBytes;
  result["wram_bytes"] = properties.wramBytes;
  result["sram_bytes"] = properties.sramBytes;
  return result;
}

void bindErrors(nb::module_ &m) {
  static nb::exception<CnrtError> *cnrtError = new nb::exception<CnrtError>(m, "CnrtError", PyExc_RuntimeError);
  nb::exception<PlanError>(m, "PlanError", PyExc_ValueError);
  // Translators run last registered first: this one adds CNRT's code, name and call.
  nb::register_exception_translator([](const std::exception_ptr &pointer, void *) {
    try {
      std::rethrow_exception(pointer);
    } catch (const CnrtError &error) {
      nb::object exception = (*cnrtError)(error.what());
      exception.attr("code") = error.code();
      exception.attr("name") = error.name();
      exception.attr("call") = error.call();
      PyErr_SetObject(cnrtError->ptr(), exception.ptr());
    }
  });
}

void bindContext(nb::module_ &m) {
  nb::class_<Context>(m, "Context", "A device of the CNRT library that was found (a card's or the simulator's).")
      .def(
          "__init__",
          [](Context *self, const std::vector<std::string> &simulatorDirs, int ordinal) {
            new (self) Context(Library::find(simulatorDirs), ordinal);
          },
          nb::arg("simulator_dirs") = std::vector<std::string>(), nb::arg("ordinal") = 0,
          "Raises CnrtError if no library is usable or there is no such device.")
      .def_prop_ro("library_path", [](const Context &self) { return self.device.library()->path(); })
      .def_prop_ro("is_simulator", [](const Context &self) { return self.device.library()->isSimulator(); })
      .def_prop_ro(
          "generation",
          [](const Context &self) { return self.device.library()->generation() == Generation::V4 ? "4.x" : "5.x/6.x"; })
      .def_prop_ro("library_version", [](const Context &self) { return self.device.library()->libraryVersion(); })
      .def_prop_ro("driver_version", [](const Context &self) { return self.device.library()->driverVersion(); })
      .def_prop_ro("passed_over", [](const Context &self) { return self.device.library()->passedOver(); })
      .def_prop_ro("device_count", [](const Context &self) { return Device::count(*self.device.library()); })
      .def_prop_ro("device_properties", deviceProperties);
}

void bindPlan(nb::module_ &m) {
  nb::class_<PyPlan>(m, "Plan", "A plan loaded onto a device; see docs/runtime.md.")
      .def(nb::init<std::shared_ptr<Context>, const std::string &, const std::map<std::string, std::string> &>(),
           nb::arg("context"), nb::arg("json"), nb::arg("modules"),
           "modules: kernel name to path of its shared object. Raises PlanError or CnrtError.")
      .def("run", &PyPlan::run, nb::arg("arguments"), nb::arg("results"), nb::arg("versions").none(),
           nb::arg("profile"), "Runs once and fills the arrays of `results`.")
      .def_prop_ro("target", [](const PyPlan &self) { return self.plan.description().target; })
      .def_prop_ro("argument_count", [](const PyPlan &self) { return self.plan.description().argumentCount; })
      .def_prop_ro("arena_bytes", [](const PyPlan &self) { return self.plan.description().arenaBytes; })
      .def_prop_ro("device_time_us", [](const PyPlan &self) { return self.plan.deviceMicroseconds(); })
      .def_prop_ro("launch_times_us", [](const PyPlan &self) { return self.plan.launchMicroseconds(); })
      .def_prop_ro("launch_details", [](const PyPlan &self) { return self.plan.launchDetails(); })
      .def_prop_ro("launches",
                   [](const PyPlan &self) {
                     nb::list result;
                     const PlanDescription &plan = self.plan.description();
                     for (const LaunchDescription &launch : plan.launches)
                       result.append(
                           nb::make_tuple(plan.kernels[launch.kernel].name, plan.kernels[launch.kernel].source));
                     return result;
                   })
      .def_prop_ro("results", [](const PyPlan &self) {
        nb::list result;
        const PlanDescription &plan = self.plan.description();
        for (int buffer : plan.results)
          result.append(nb::make_tuple(plan.buffers[buffer].dtype, nb::tuple(nb::cast(plan.buffers[buffer].shape))));
        return result;
      });
}

} // namespace

void bindRuntime(nb::module_ &m) {
  nb::module_ runtime = m.def_submodule("runtime", "CNRT, the device and plans.");
  bindErrors(runtime);
  bindContext(runtime);
  bindPlan(runtime);
}
