//===- fake_kernels.cpp - Kernels for the fake CNRT -----------------------===//

extern "C" __attribute__((visibility("default"))) void add4(void **args) {
  float *const *pointers[3];
  for (int i = 0; i < 3; ++i)
    pointers[i] = static_cast<float *const *>(args[i]);
  for (int i = 0; i < 4; ++i)
    (*pointers[2])[i] = (*pointers[0])[i] + (*pointers[1])[i];
}
