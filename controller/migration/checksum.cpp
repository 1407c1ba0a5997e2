#include "migration/checksum.hpp"

#include "migration/source_file.hpp"

// Of OpenSSL's two ways to a digest the older one is taken, which it advises against and keeps: the other one loads
// configuration and providers first, and so costs more than the digests of a thousand scripts.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace lockkeeper::migration {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

class Sha256 {
  public:
    Sha256() { SHA256_Init(&state_); }

    void add(std::string_view bytes) { SHA256_Update(&state_, bytes.data(), bytes.size()); }

    Checksum finish() {
        std::array<unsigned char, SHA256_DIGEST_LENGTH> bytes{};
        SHA256_Final(bytes.data(), &state_);
        constexpr std::string_view digits = "0123456789abcdef";
        Checksum text = "sha256:";
        text.reserve(text.size() + 2 * bytes.size());
        for (const unsigned char byte : bytes) {
            text += digits[byte >> 4U];
            text += digits[byte & 15U];
        }
        return text;
    }

  private:
    SHA256_CTX state_{};
};

/// Calls `add` with the pieces of the normalised text, and so needs no copy of it.
template <typename Add>
void for_each_normalised_piece(std::string_view text, Add add) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    while (true) {
        const auto end = text.find("\r\n");
        add(text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);  // the CR is left out, the LF starts the next piece
    }
}

}  // namespace

Checksum checksum_of(std::string_view text) {
    Sha256 sha;
    for_each_normalised_piece(text, [&](std::string_view piece) { sha.add(piece); });
    return sha.finish();
}

Checksum digest_of(const std::vector<SourceFile>& files) {
    std::vector<const SourceFile*> ordered;
    for (const auto& file : files) {
        if (!file.name.starts_with('.')) ordered.push_back(&file);
    }
    std::ranges::sort(ordered, {}, &SourceFile::name);
    Sha256 sha;
    for (const auto* file : ordered) {
        std::size_t length = 0;
        for_each_normalised_piece(file->text, [&](std::string_view piece) { length += piece.size(); });
        sha.add(file->name + "\n" + std::to_string(length) + "\n");
        for_each_normalised_piece(file->text, [&](std::string_view piece) { sha.add(piece); });
        sha.add("\n");
    }
    return sha.finish();
}

}  // namespace lockkeeper::migration
