// What libpq.a wants of Kerberos: GSSAPI, loaded when a server asks for it and not at each start, which would cost more
// than all else that a start does. Where the library is not installed, every call answers "unavailable". Only in the
// static program (cmake/static.cmake).
#include <dlfcn.h>
#include <gssapi/gssapi.h>

namespace {

template <typename... Arguments>
OM_uint32 forward(const char* name, Arguments... arguments) {
    static void* const library = ::dlopen("libgssapi_krb5.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return GSS_S_UNAVAILABLE;
    auto* const function = reinterpret_cast<OM_uint32 (*)(Arguments...)>(::dlsym(library, name));
    return function == nullptr ? OM_uint32{GSS_S_UNAVAILABLE} : function(arguments...);
}

/// {iso(1) member-body(2) US(840) mit(113554) infosys(1) gssapi(2) generic(1) service_name(4)}, RFC 2743, section 4.1
char service_name_octets[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04";
gss_OID_desc service_name{10, service_name_octets};

constexpr char not_installed[] = "libgssapi_krb5.so.2 is not installed";

}  // namespace

extern "C" {

gss_OID GSS_C_NT_HOSTBASED_SERVICE = &service_name;

OM_uint32 gss_acquire_cred(OM_uint32* minor, gss_name_t name, OM_uint32 time, gss_OID_set mechanisms,
                           gss_cred_usage_t usage, gss_cred_id_t* credential, gss_OID_set* actual, OM_uint32* left) {
    return forward("gss_acquire_cred", minor, name, time, mechanisms, usage, credential, actual, left);
}

OM_uint32 gss_release_cred(OM_uint32* minor, gss_cred_id_t* credential) {
    return forward("gss_release_cred", minor, credential);
}

OM_uint32 gss_import_name(OM_uint32* minor, gss_buffer_t text, gss_OID type, gss_name_t* name) {
    return forward("gss_import_name", minor, text, type, name);
}

OM_uint32 gss_release_name(OM_uint32* minor, gss_name_t* name) {
    return forward("gss_release_name", minor, name);
}

OM_uint32 gss_init_sec_context(OM_uint32* minor, gss_cred_id_t credential, gss_ctx_id_t* context, gss_name_t target,
                               gss_OID mechanism, OM_uint32 flags, OM_uint32 time, gss_channel_bindings_t bindings,
                               gss_buffer_t input, gss_OID* actual, gss_buffer_t output, OM_uint32* actual_flags,
                               OM_uint32* left) {
    return forward("gss_init_sec_context", minor, credential, context, target, mechanism, flags, time, bindings, input,
                   actual, output, actual_flags, left);
}

OM_uint32 gss_delete_sec_context(OM_uint32* minor, gss_ctx_id_t* context, gss_buffer_t output) {
    return forward("gss_delete_sec_context", minor, context, output);
}

OM_uint32 gss_wrap(OM_uint32* minor, gss_ctx_id_t context, int confidential, gss_qop_t quality, gss_buffer_t input,
                   int* was_confidential, gss_buffer_t output) {
    return forward("gss_wrap", minor, context, confidential, quality, input, was_confidential, output);
}

OM_uint32 gss_unwrap(OM_uint32* minor, gss_ctx_id_t context, gss_buffer_t input, gss_buffer_t output,
                     int* was_confidential, gss_qop_t* quality) {
    return forward("gss_unwrap", minor, context, input, output, was_confidential, quality);
}

OM_uint32 gss_wrap_size_limit(OM_uint32* minor, gss_ctx_id_t context, int confidential, gss_qop_t quality,
                              OM_uint32 output_size, OM_uint32* input_size) {
    return forward("gss_wrap_size_limit", minor, context, confidential, quality, output_size, input_size);
}

OM_uint32 gss_display_status(OM_uint32* minor, OM_uint32 value, int type, gss_OID mechanism, OM_uint32* more,
                             gss_buffer_t text) {
    const auto result = forward("gss_display_status", minor, value, type, mechanism, more, text);
    if (result != GSS_S_UNAVAILABLE) return result;
    text->length = sizeof(not_installed) - 1;
    text->value = const_cast<char*>(not_installed);
    *more = 0;
    return GSS_S_COMPLETE;
}

OM_uint32 gss_release_buffer(OM_uint32* minor, gss_buffer_t buffer) {
    if (buffer->value == not_installed) {
        *buffer = {};
        return GSS_S_COMPLETE;
    }
    return forward("gss_release_buffer", minor, buffer);
}

}  // extern "C"
