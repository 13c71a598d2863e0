// The type of `c ? half : float` in BANG C: metabang-cncc casts the arms of such a conditional to mlu_sim::arm.
#pragma once
#include "types.h"
#include <type_traits>

namespace mlu_sim {

template <typename T> using bare = std::remove_cv_t<std::remove_reference_t<T>>;
template <typename T>
constexpr bool is_short_float = std::is_same_v<bare<T>, half> || std::is_same_v<bare<T>, bfloat16_t>;

/// What the arm of type A becomes beside one of type B, both decltype((arm)). Only a 16-bit float beside a number
/// changes: with a float both are float, with an integer or a double (a literal without suffix is half) both are the
/// 16-bit float, as the operators have it. Any other arm keeps its type and value category.
template <typename A, typename B>
using arm = std::conditional_t<
    is_short_float<A> && std::is_same_v<bare<B>, float>, float,
    std::conditional_t<is_short_float<B> && std::is_arithmetic_v<bare<A>> && !std::is_same_v<bare<A>, float>, bare<B>,
                       A>>;

} // namespace mlu_sim
