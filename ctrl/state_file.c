/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"
#include "model_file.h"
#include "sha1.h"
#include "timeval.h"
#include "util.h"

/* One line before the rows: this, the digest of all that follows the digest,
 * when it was saved (ms since 1970), the chassis. */
#define MAGIC "ovnic-gw state 1 "
#define MAGIC_LEN (sizeof MAGIC - 1)

static char *failure(const char *what, const char *path)
{
    return xasprintf("cannot %s %s: %s", what, path, ovs_strerror(errno));
}

static void digest(const char *text, size_t len, char hex[SHA1_HEX_DIGEST_LEN + 1])
{
    uint8_t bytes[SHA1_DIGEST_SIZE];
    sha1_bytes(text, (uint32_t)len, bytes);
    sha1_to_hex(bytes, hex);
}

/* What the digest is of; NULL: no memory, or more than a digest takes. */
static char *compose(const char *chassis, const struct model *m, size_t *len)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, len);
    bool ok = f != NULL;
    if (ok) {
        fprintf(f, " %lld %s\n", time_wall_msec(), chassis);
        ok = model_save(m, f);
        ok = fclose(f) == 0 && ok && *len <= UINT32_MAX;
    }
    if (!ok) {
        free(text);
        return NULL;
    }
    return text;
}

static bool write_file(const char *path, const char *text, size_t len)
{
    char hex[SHA1_HEX_DIGEST_LEN + 1];
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        return false;
    }
    digest(text, len, hex);
    bool ok = fprintf(f, MAGIC "%s", hex) > 0 && fwrite(text, 1, len, f) == len && fflush(f) == 0 &&
              fsync(fileno(f)) == 0;
    return fclose(f) == 0 && ok;
}

bool state_file_save(const char *path, const char *chassis, const struct model *m, char **error)
{
    size_t len;
    char *text = compose(chassis, m, &len);
    if (text == NULL) {
        *error = xstrdup("no memory for the state to save");
        return false;
    }
    char *new = xasprintf("%s.new", path);
    bool ok = write_file(new, text, len) && rename(new, path) == 0;
    if (!ok) {
        *error = failure("write", new);
        unlink(new);
    }
    free(new);
    free(text);
    return ok;
}

/* The whole file with a null byte; NULL with errno. */
static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        return NULL;
    }
    size_t allocated = 65536;
    char *text = xmalloc(allocated);
    *len = 0;
    for (;;) {
        size_t n = fread(text + *len, 1, allocated - *len - 1, f);
        *len += n;
        if (n == 0) {
            break;
        }
        if (*len + 1 == allocated) {
            allocated *= 2;
            text = xrealloc(text, allocated);
        }
    }
    text[*len] = '\0';
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed) {
        free(text);
        return NULL;
    }
    return text;
}

/* Why the file is of no use, static; NULL: it is good, *rows are its rows. */
static const char *check(char *text, size_t len, const char *chassis, char **rows)
{
    char hex[SHA1_HEX_DIGEST_LEN + 1];
    size_t head = MAGIC_LEN + SHA1_HEX_DIGEST_LEN;
    if (strncmp(text, MAGIC, MAGIC_LEN) != 0) {
        return "it is of another format";
    }
    if (len <= head || strlen(text) != len || len > UINT32_MAX) {
        return "it is damaged";
    }
    digest(text + head, len - head, hex);
    if (strncmp(hex, text + MAGIC_LEN, SHA1_HEX_DIGEST_LEN) != 0) {
        return "it is damaged";
    }
    char *end;
    long long saved_at = strtoll(text + head, &end, 10);
    char *newline = strchr(end, '\n');
    if (*end != ' ' || newline == NULL) {
        return "it is damaged";
    }
    *newline = '\0';
    if (strcmp(end + 1, chassis) != 0) {
        return "it is another chassis's";
    }
    long long age = time_wall_msec() - saved_at;
    if (age < 0 || age > STATE_FILE_MAX_AGE_MS) {
        return "it is too old";
    }
    *rows = newline + 1;
    return NULL;
}

struct model *state_file_load(const char *path, const char *chassis, struct lflow_cache *cache,
                              char **why)
{
    size_t len;
    char *rows;
    char *text = read_file(path, &len);
    *why = NULL;
    if (text == NULL) {
        *why = errno == ENOENT ? NULL : failure("read", path);
        return NULL;
    }
    unlink(path);
    struct model *m = NULL;
    const char *wrong = check(text, len, chassis, &rows);
    if (wrong == NULL) {
        m = model_create(chassis, cache);
        if (model_load(m, rows)) {
            model_finish(m);
        } else {
            model_free(m);
            m = NULL;
            wrong = "it is damaged";
        }
    }
    if (wrong != NULL) {
        *why = xasprintf("%s is ignored: %s", path, wrong);
    }
    free(text);
    return m;
}
