#include "etch/io/file.hpp"

#include <cerrno>
#include <system_error>

#include "etch/io/fail.hpp"

namespace etch::detail {

File open_file(const std::filesystem::path& path, const std::string& kind) {
  std::error_code trouble;
  if (std::filesystem::exists(path, trouble) && !std::filesystem::is_regular_file(path, trouble)) {
    refuse(path, kind + " expected, a folder or device found", "give a file");
  }
  File file{std::fopen(path.c_str(), "rb")};
  if (!file) {
    refuse(path, kind + " expected, " + std::generic_category().message(errno),
           "check its name and its permissions");
  }
  return file;
}

}  // namespace etch::detail
