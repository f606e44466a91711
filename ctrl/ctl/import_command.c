/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "import_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "icgw_config.h"
#include "import.h"
#include "jsonrpc.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "stream.h"
#include "util.h"
#include "view.h"

#define OVS_DATABASE "unix:/var/run/openvswitch/db.sock"

static int fail(char *error)
{
    fprintf(stderr, "ovnic-gw-ctl: import: %s\n", error);
    free(error);
    return EXIT_USAGE;
}

/* The file's bytes with a NUL at the end, malloc'ed; NULL with *error. */
static char *read_file(const char *path, size_t *length, char **error)
{
    bool standard = !strcmp(path, "-");
    FILE *stream = standard ? stdin : fopen(path, "re");
    if (stream == NULL) {
        *error = xasprintf("%s: %s", path, ovs_strerror(errno));
        return NULL;
    }
    char *text = xmalloc(IMPORT_MAX_FILE + 2);
    *length = fread(text, 1, IMPORT_MAX_FILE + 1, stream);
    if (ferror(stream)) {
        *error = xasprintf("%s: cannot be read", path);
    } else if (*length > IMPORT_MAX_FILE) {
        *error = xasprintf("%s: is larger than 1 MiB", path);
    }
    text[*length] = '\0';
    if (!standard) {
        fclose(stream);
    }
    if (*error != NULL) {
        free(text);
        text = NULL;
    }
    return text;
}

/* All rows of a table: what the server answers to a select.  NULL with *error. */
static struct json *select_rows(const char *table, char **error)
{
    struct stream *stream;
    struct jsonrpc_msg *reply = NULL;
    int failure = stream_open_block(stream_open(OVS_DATABASE, &stream, DSCP_DEFAULT), -1, &stream);
    if (failure == 0) {
        struct json *op = json_object_create();
        json_object_put_string(op, "op", "select");
        json_object_put_string(op, "table", table);
        json_object_put(op, "where", json_array_create_empty());
        struct jsonrpc *rpc = jsonrpc_open(stream);
        failure = jsonrpc_transact_block(
            rpc,
            jsonrpc_create_request(
                "transact", json_array_create_2(json_string_create("Open_vSwitch"), op), NULL),
            &reply);
        jsonrpc_close(rpc);
    }
    struct json *rows = NULL;
    if (failure == 0 && reply->result != NULL && view_at(reply->result, 0) != NULL) {
        rows = json_deep_clone(view_at(reply->result, 0));
    } else {
        *error = xasprintf("%s: table %s cannot be read: %s", OVS_DATABASE, table,
                           failure ? ovs_retval_to_string(failure) : "the server refuses");
    }
    jsonrpc_msg_destroy(reply);
    return rows;
}

static bool from_ovs_file(const char *path, struct ds *ds, char **error)
{
    size_t length;
    char *text = read_file(path, &length, error);
    if (text == NULL) {
        return false;
    }
    struct json *json = json_from_string(text);
    free(text);
    if (json->type == JSON_STRING) { /* how the library says what is wrong */
        *error = xasprintf("%s: %s", path, json_string(json));
    } else {
        import_ovs(json, NULL, path, ds, error);
    }
    json_destroy(json);
    return *error == NULL;
}

static bool from_ovs(struct ds *ds, char **error)
{
    struct json *rows = select_rows("Open_vSwitch", error);
    struct json *ssl = rows ? select_rows("SSL", error) : NULL;
    bool ok = ssl != NULL && import_ovs(rows, ssl, OVS_DATABASE, ds, error);
    json_destroy(rows);
    json_destroy(ssl);
    return ok;
}

static bool from_kube_ovn(const char *path, struct ds *ds, char **error)
{
    size_t length;
    char *text = read_file(path, &length, error);
    bool ok = text != NULL && import_kube_ovn(text, length, path, ds, error);
    free(text);
    return ok;
}

/* The first thing that is missing, by the parser of the configuration. */
static void say_missing(const struct ds *ds)
{
    struct icgw_config *config;
    char *error;
    if (icgw_config_parse("line", ds->string, ds->length, &config, &error)) {
        icgw_config_free(config);
    } else {
        fprintf(stderr, "ovnic-gw-ctl: import: not complete yet: %s\n", error ? error : "");
        free(error);
    }
}

int import_command(int argc, char *argv[])
{
    const char *what = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : NULL;
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *error = NULL;

    if (argc > 3 || (strcmp(what, "ovs") != 0 && (strcmp(what, "kube-ovn") != 0 || !path))) {
        return fail(xstrdup("usage: import kube-ovn FILE, or import ovs [FILE]; - is the standard "
                            "input"));
    }
    if (!strcmp(what, "kube-ovn")) {
        from_kube_ovn(path, &ds, &error);
    } else if (path != NULL) {
        from_ovs_file(path, &ds, &error);
    } else {
        from_ovs(&ds, &error);
    }
    if (error == NULL) {
        fputs(ds_cstr(&ds), stdout);
        say_missing(&ds);
    }
    ds_destroy(&ds);
    return error != NULL ? fail(error) : fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
