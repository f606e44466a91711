/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "tls.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "icgw_config.h"
#include "stream-ssl.h"
#include "util.h"

static bool readable(const struct icgw_config *config, char **error)
{
    const char *paths[] = {config->private_key, config->certificate, config->ca_cert};
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        if (access(paths[i], R_OK) != 0) {
            *error = xasprintf("%s cannot be read: %s", paths[i], ovs_strerror(errno));
            return false;
        }
    }
    return true;
}

/* As the library will load them, but into a context that is thrown away. */
static bool usable(SSL_CTX *ctx, const struct icgw_config *config, char **error)
{
    const char *path = NULL;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_file(ctx, config->certificate, SSL_FILETYPE_PEM) != 1) {
        path = config->certificate;
    } else if (SSL_CTX_use_PrivateKey_file(ctx, config->private_key, SSL_FILETYPE_PEM) != 1) {
        path = config->private_key;
    } else if (SSL_CTX_load_verify_locations(ctx, config->ca_cert, NULL) != 1) {
        path = config->ca_cert;
    }
    if (path != NULL) {
        const char *why = ERR_reason_error_string(ERR_get_error());
        *error = xasprintf("%s cannot be used: %s", path, why ? why : "unknown reason");
    }
    ERR_clear_error();
    return path == NULL;
}

bool tls_check(const struct icgw_config *config, char **error)
{
    if (config->private_key == NULL) {
        return true;
    }
    if (!readable(config, error)) {
        return false;
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        *error = xstrdup("no memory to check the files of [ovn]");
        return false;
    }
    bool good = usable(ctx, config, error);
    SSL_CTX_free(ctx);
    return good;
}

/* Each call reads a file that is another one or has changed since the last call.  The
 * certificate comes first: a key that does not belong to the present one is refused.
 * stream_ssl_set_key_and_cert() would pass over a new certificate for an old key. */
void tls_use(const struct icgw_config *config)
{
    if (config->private_key != NULL) {
        stream_ssl_set_certificate_file(config->certificate);
        stream_ssl_set_private_key_file(config->private_key);
        stream_ssl_set_ca_cert_file(config->ca_cert, false);
    }
}
