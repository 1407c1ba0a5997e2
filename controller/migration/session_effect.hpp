#pragma once

#include <string_view>

namespace lockkeeper::migration {

/// Is the statement, by its first word, one that changes the database and by itself nothing of its session: plain data
/// definition or data manipulation? A SELECT, DO or CALL may do anything by the functions that it names, SET, LISTEN,
/// LOAD and their like are about the session, and what this list does not know is not on it. What functions do that a
/// plain statement calls in passing, as triggers, is not seen.
bool leaves_session_alone(std::string_view sql);

}  // namespace lockkeeper::migration
