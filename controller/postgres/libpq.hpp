#pragma once

#include <libpq-fe.h>

namespace lockkeeper::postgres {

/// What a Connection holds. Its header keeps libpq from all that includes it, and this one is for its own sources.
inline PGconn* raw(void* connection) {
    return static_cast<PGconn*>(connection);
}

}  // namespace lockkeeper::postgres
