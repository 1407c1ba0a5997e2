#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace lockkeeper::postgres {

/// Errors are told apart by what a caller can do about them. None holds a connection string, a password, or
/// PostgreSQL's DETAIL and CONTEXT, which quote rows.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The server could not be reached or refused the session. `sqlstate` is empty when no server answered.
class ConnectError : public Error {
  public:
    ConnectError(const std::string& message, std::string sqlstate) : Error(message), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const { return sqlstate_; }

  private:
    std::string sqlstate_;
};

/// No trust came about, on one side or the other: the message says on which, and names no host and no file.
class TlsError : public ConnectError {
  public:
    explicit TlsError(const std::string& message) : ConnectError(message, {}) {}
};

/// An open session is gone. Whether its last command took effect is not known.
class ConnectionLost : public Error {
  public:
    ConnectionLost() : Error("the connection to the database was lost") {}
};

/// A session that was to go on for another run is not as good as a new one, or is gone.
class StaleSession : public Error {
  public:
    StaleSession() : Error("the session is not as good as a new one") {}
};

/// The caller's stop token asked for it. The command was cancelled, or its session ended.
class Interrupted : public Error {
  public:
    Interrupted() : Error("interrupted by a request to stop") {}
};

/// The server refused a command.
class CommandError : public Error {
  public:
    struct Fields {
        std::string sqlstate;
        std::string message;  ///< PostgreSQL's primary message, with values of rows taken out
        std::string hint;
        std::optional<std::size_t> position;  ///< 0-based index of a character of the command
        std::size_t completed = 0;            ///< how many statements of the message had completed before
    };
    explicit CommandError(Fields fields) : Error(fields.message), fields_(std::move(fields)) {}
    const Fields& fields() const { return fields_; }
    const std::string& sqlstate() const { return fields_.sqlstate; }

  private:
    Fields fields_;
};

/// PostgreSQL's primary message with what may be a value of a row taken out: in classes 22 (data exception) and 23
/// (constraint violation) the server quotes input after a colon, as in `invalid input syntax for type integer: "42x"`.
std::string without_row_values(const std::string& message, const std::string& sqlstate);

}  // namespace lockkeeper::postgres
