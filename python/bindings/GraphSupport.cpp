#include "GraphSupport.h"

#include "metabang/Graph/SourceTable.h"

#include <nanobind/stl/string.h>

#include <cstring>
#include <unordered_map>

using namespace metabang::graph;

namespace metabang::python {
namespace {

// Everything here is used with the GIL held.
struct CallSites {
  std::string package = "\n", models = "\n"; // match no file until set_package
  std::unordered_map<PyObject *, bool> internal; // file name object (kept alive) -> inside the package
  struct SiteHash {
    size_t operator()(const std::pair<PyObject *, int> &k) const { return mix(reinterpret_cast<uintptr_t>(k.first), k.second); }
  };
  std::unordered_map<std::pair<PyObject *, int>, uint32_t, SiteHash> sites; // (code kept alive, instruction)
  int64_t forced = -1;
};
CallSites &callSites() {
  static CallSites *instance = new CallSites; // holds Python objects: never destroyed
  return *instance;
}

bool startsWith(const char *text, const std::string &prefix) {
  return std::strncmp(text, prefix.c_str(), prefix.size()) == 0;
}

bool isInternal(PyObject *file) {
  CallSites &s = callSites();
  auto it = s.internal.find(file);
  if (it != s.internal.end())
    return it->second;
  const char *text = PyUnicode_AsUTF8(file);
  if (!text) {
    PyErr_Clear();
    return false;
  }
  bool inside = (startsWith(text, s.package) && !startsWith(text, s.models)) || startsWith(text, "<frozen ");
  Py_INCREF(file);
  s.internal.emplace(file, inside);
  return inside;
}

std::string fileOf(PyCodeObject *code) {
  const char *text = PyUnicode_AsUTF8(code->co_filename);
  if (!text)
    PyErr_Clear();
  return text ? text : "";
}

uint32_t siteOf(PyFrameObject *frame, PyCodeObject *code) {
#if PY_VERSION_HEX >= 0x030B0000
  // The line is decoded from a table; once for each instruction is enough.
  CallSites &s = callSites();
  int instruction = PyFrame_GetLasti(frame);
  auto key = std::make_pair(reinterpret_cast<PyObject *>(code), instruction);
  auto it = s.sites.find(key);
  if (it != s.sites.end())
    return it->second;
  if (s.sites.size() > 65536) { // code that is generated over and over must not pile up
    for (auto &entry : s.sites)
      Py_DECREF(entry.first.first);
    s.sites.clear();
  }
  Py_INCREF(key.first);
  return s.sites[key] = internSource(fileOf(code), PyFrame_GetLineNumber(frame));
#else
  return internSource(fileOf(code), PyFrame_GetLineNumber(frame));
#endif
}

// nanobind turns what this raises into the Python error.
void raiseGraphError(const GraphError &error) {
  static const char *names[] = {"ShapeError", "AxisError", "DTypeError", "IndexExprError", "MetaBangError"};
  nb::object type = nb::module_::import_("metabang.errors").attr(names[static_cast<int>(error.kind)]);
  nb::object instance = type(error.what());
  PyErr_SetObject(type.ptr(), instance.ptr());
}

} // namespace

uint32_t callerLocation(bool beyondModels) {
  if (callSites().forced >= 0)
    return static_cast<uint32_t>(callSites().forced);
  PyFrameObject *frame = PyEval_GetFrame();
  Py_XINCREF(frame);
  uint32_t location = 0;
  while (frame) {
    PyCodeObject *code = PyFrame_GetCode(frame);
    bool outside = !isInternal(code->co_filename);
    bool found = outside && !(beyondModels && startsWith(fileOf(code).c_str(), callSites().models));
    if (found || (outside && !location))
      location = siteOf(frame, code);
    Py_DECREF(code);
    PyFrameObject *back = found ? nullptr : PyFrame_GetBack(frame);
    Py_DECREF(frame);
    frame = back;
  }
  return location;
}

nb::object sourceTuple(uint32_t location) {
  SourceLine line = sourceOf(location);
  if (line.file.empty())
    return nb::none();
  return nb::make_tuple(line.file, line.line);
}

Shape toShape(nb::handle sequence) {
  PyObject *fast = PySequence_Fast(sequence.ptr(), "");
  if (!fast) {
    PyErr_Clear();
    throw GraphError(ErrorKind::Shape, std::string("a shape is a sequence of integers, got ") + Py_TYPE(sequence.ptr())->tp_name);
  }
  nb::object keep = nb::steal(fast);
  Shape out;
  Py_ssize_t size = PySequence_Fast_GET_SIZE(fast);
  if (size > 60)
    throw GraphError(ErrorKind::Shape, "a tensor can have at most 60 dimensions");
  for (Py_ssize_t i = 0; i < size; ++i) {
    PyObject *item = PySequence_Fast_GET_ITEM(fast, i);
    Py_ssize_t value = PyNumber_AsSsize_t(item, PyExc_OverflowError);
    if (value == -1 && PyErr_Occurred()) {
      bool tooLarge = PyErr_ExceptionMatches(PyExc_OverflowError);
      PyErr_Clear();
      if (tooLarge)
        throw GraphError(ErrorKind::Shape, "a size, axis or offset is an integer of at most 64 bits; give a smaller one");
      throw GraphError(ErrorKind::Shape, std::string("a shape is a sequence of integers, got an element of type ") +
                                             Py_TYPE(item)->tp_name);
    }
    out.push_back(value);
  }
  return out;
}

void requireSizes(const Shape &shape) {
  for (int64_t size : shape)
    if (size < 0)
      throw GraphError(ErrorKind::Shape, "a shape cannot have a negative dimension: " + toString(shape));
}

Scalar toScalar(nb::handle value) {
  PyObject *object = value.ptr();
  if (PyFloat_Check(object))
    return Scalar::ofFloat(PyFloat_AS_DOUBLE(object));
  if (PyBool_Check(object))
    return Scalar::ofInt(object == Py_True);
  if (PyIndex_Check(object)) {
    nb::object integer = nb::steal(PyNumber_Index(object));
    if (integer.is_valid()) {
      int overflow = 0;
      long long v = PyLong_AsLongLongAndOverflow(integer.ptr(), &overflow);
      if (!overflow)
        return Scalar::ofInt(v);
      if (overflow > 0) {
        uint64_t u = PyLong_AsUnsignedLongLong(integer.ptr());
        if (!PyErr_Occurred())
          return Scalar::ofUnsigned(u);
      }
      PyErr_Clear();
      throw GraphError(ErrorKind::DType, "an integer beyond 64 bits has no dtype");
    }
    PyErr_Clear();
  }
  double v = PyFloat_AsDouble(object);
  if (v == -1.0 && PyErr_Occurred()) {
    PyErr_Clear();
    throw GraphError(ErrorKind::DType, std::string("a number is needed here, got ") + Py_TYPE(object)->tp_name);
  }
  return Scalar::ofFloat(v);
}

std::shared_ptr<void> holdObject(const nb::object &value) {
  Py_INCREF(value.ptr());
  return std::shared_ptr<void>(value.ptr(), [](void *object) {
    if (!Py_IsInitialized())
      return;
    nb::gil_scoped_acquire gil;
    Py_DECREF(static_cast<PyObject *>(object));
  });
}

void bindSupport(nb::module_ &m) {
  nb::register_exception_translator([](const std::exception_ptr &p, void *) {
    try {
      std::rethrow_exception(p);
    } catch (const GraphError &error) {
      raiseGraphError(error);
    }
  });
  m.def("set_package", [](const std::string &directory) {
    callSites().package = directory.empty() || directory.back() == '/' ? directory : directory + "/";
    callSites().models = callSites().package + "models/";
    callSites().internal.clear();
  }, "Frames of files under this directory are not the user's.");
  m.def("caller", []() { return sourceTuple(callerLocation(/*beyondModels=*/true)); },
        "(file, line) of the user's frame, or None; a network of the package has no user's line but where nothing else has.");
  m.def("force_location", [](int64_t location) {
    int64_t previous = callSites().forced;
    callSites().forced = location;
    return previous;
  }, "Nodes built from now on carry this location; -1 ends it. Returns the previous one.");
  m.def("display_path", &displayPath);
}

} // namespace metabang::python
