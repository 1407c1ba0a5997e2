#include "migration/checksum.hpp"

#include "migration/source_file.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace lockkeeper::migration {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Looked up once: OpenSSL searches its providers each time that it is given EVP_sha256(), which takes longer than to
/// digest a script.
const EVP_MD* sha256() {
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> found(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                       &EVP_MD_free);
    return found.get();
}

class Sha256 {
  public:
    Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        if (!context_ || EVP_DigestInit_ex(context_.get(), sha256(), nullptr) != 1) {
            throw std::runtime_error("OpenSSL cannot compute SHA-256");
        }
    }

    void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

    Checksum finish() {
        std::array<unsigned char, 32> bytes{};
        EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr);
        constexpr std::string_view digits = "0123456789abcdef";
        Checksum text = "sha256:";
        for (const unsigned char byte : bytes) {
            text += digits[byte >> 4U];
            text += digits[byte & 15U];
        }
        return text;
    }

  private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
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
