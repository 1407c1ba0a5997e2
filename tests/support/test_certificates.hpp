#pragma once

#include <memory>
#include <string>

namespace lockkeeper::tests {

/// A certificate and its key, both in PEM.
struct Identity {
    std::string certificate;
    std::string key;
};

/// An authority made for one test, which issues what the test needs.
class TestAuthority {
  public:
    explicit TestAuthority(const std::string& name);
    ~TestAuthority();
    TestAuthority(const TestAuthority&) = delete;
    TestAuthority& operator=(const TestAuthority&) = delete;

    const std::string& certificate() const { return certificate_; }

    /// `alternative_names` as OpenSSL writes them: `IP:127.0.0.1,DNS:localhost`; empty for none.
    Identity issue(const std::string& common_name, const std::string& alternative_names) const;
    /// One that was valid until a minute ago.
    Identity issue_expired(const std::string& common_name) const;

  private:
    Identity issue(const std::string& common_name, const std::string& alternative_names, long valid_for_seconds) const;

    struct Keys;
    std::unique_ptr<Keys> keys_;
    std::string certificate_;
};

}  // namespace lockkeeper::tests
