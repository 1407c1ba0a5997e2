// What libpq.a wants of OpenLDAP, to look up services named in a pg_service.conf. Only in the static program
// (cmake/static.cmake), which has no LDAP: libpq reports that it could not create an LDAP structure, and never gets to
// the other functions.
#include <cstdlib>

extern "C" {

void* ldap_init(const char* /*host*/, int /*port*/) {
    return nullptr;
}

#define NEVER_CALLED(name) \
    void name() {          \
        std::abort();      \
    }
NEVER_CALLED(ldap_count_entries)
NEVER_CALLED(ldap_err2string)
NEVER_CALLED(ldap_first_entry)
NEVER_CALLED(ldap_get_values_len)
NEVER_CALLED(ldap_msgfree)
NEVER_CALLED(ldap_result)
NEVER_CALLED(ldap_search_st)
NEVER_CALLED(ldap_set_option)
NEVER_CALLED(ldap_simple_bind)
NEVER_CALLED(ldap_unbind)
NEVER_CALLED(ldap_value_free_len)

}  // extern "C"
