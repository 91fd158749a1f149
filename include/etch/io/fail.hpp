#ifndef ETCH_IO_FAIL_HPP
#define ETCH_IO_FAIL_HPP

#include <filesystem>
#include <string>

#include "etch/base/error.hpp"

namespace etch::detail {

/// What to do, where more than one error needs it.
inline constexpr const char* fetch_again = "fetch it again";
inline constexpr const char* give_data_set =
    "give an archive (.tar.gz, .zip) or a folder with PNG pictures in folders A to J, an IDX "
    "set (*-images-idx3-ubyte[.gz], *-labels-idx1-ubyte[.gz]), or a pickle as notMNIST.pickle";
inline constexpr const char* give_fewer = "give fewer pictures";

/// `text` with '?' for control characters: a name may hold any, a message is a line.
inline std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return text;
}

/// Throws the Error "`where`: `what`; `to_do`", where `what` is "... expected, ... found".
[[noreturn]] inline void refuse(const std::filesystem::path& where, const std::string& what,
                                const std::string& to_do) {
  throw Error(printable(where.string()), printable(what + "; " + to_do));
}

/// The same for a `kind` of thing that is there and cannot be read, for the system's reason `why`.
[[noreturn]] inline void refuse_unreadable(const std::filesystem::path& where,
                                           const std::string& kind, const std::string& why) {
  refuse(where, kind + " that can be read expected, " + why, "check its permissions");
}

/// The same for a file that cannot be written.
[[noreturn]] inline void refuse_unwritable(const std::filesystem::path& where,
                                           const std::string& why) {
  refuse(where, "a file that can be written expected, " + why,
         "check that its folder exists, is yours and has room");
}

}  // namespace etch::detail

#endif
