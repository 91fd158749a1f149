#ifndef ETCH_IO_FILE_HPP
#define ETCH_IO_FILE_HPP

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace etch::detail {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Opens a file to read, `kind` ("a PNG picture") in messages. Throws Error where there is none,
/// and where a folder or device is, which could hang.
File open_file(const std::filesystem::path& path, const std::string& kind);

}  // namespace etch::detail

#endif
