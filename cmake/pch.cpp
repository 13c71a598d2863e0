// Carries the precompiled header of the compiler; has no code of its own.
