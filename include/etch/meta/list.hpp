#ifndef ETCH_META_LIST_HPP
#define ETCH_META_LIST_HPP

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <cstddef>
#include <utility>

namespace etch::meta {

// The words of Mp11 that etch speaks.
using boost::mp11::mp_at_c;
using boost::mp11::mp_fold;
using boost::mp11::mp_list;
using boost::mp11::mp_push_back;
using boost::mp11::mp_push_front;
using boost::mp11::mp_reverse_fold;
using boost::mp11::mp_size;

/// Calls `f.template operator()<0>()`, …, `<N - 1>()`, in this order.
template <std::size_t N, class F>
constexpr void for_each_index(F&& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f.template operator()<I>(), ...);
  }
  (std::make_index_sequence<N>{});
}

}  // namespace etch::meta

#endif
