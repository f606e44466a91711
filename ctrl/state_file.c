/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"
#include "model_file.h"
#include "sha1.h"
#include "timeval.h"
#include "util.h"

/* One line before the rows: this, the digest of all that follows the digest, the
 * chassis.  How old it is, is the file's time of modification. */
#define MAGIC "ovnic-gw state 2 "
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
        fprintf(f, " %s\n", chassis);
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

bool state_file_confirm(const char *path)
{
    return utimensat(AT_FDCWD, path, NULL, 0) == 0;
}

/* The whole file with a null byte, and its age in ms; NULL with errno. */
static char *read_file(const char *path, size_t *len, long long *age)
{
    struct stat status;
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        return NULL;
    }
    if (fstat(fileno(f), &status) != 0) {
        fclose(f);
        return NULL;
    }
    *age = time_wall_msec() - timespec_to_msec(&status.st_mtim);
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
static const char *check(char *text, size_t len, long long age, const char *chassis, char **rows)
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
    char *newline = strchr(text + head, '\n');
    if (text[head] != ' ' || newline == NULL) {
        return "it is damaged";
    }
    *newline = '\0';
    if (strcmp(text + head + 1, chassis) != 0) {
        return "it is another chassis's";
    }
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
    long long age;
    char *rows;
    char *text = read_file(path, &len, &age);
    *why = NULL;
    if (text == NULL) {
        *why = errno == ENOENT ? NULL : failure("read", path);
        return NULL;
    }
    unlink(path);
    struct model *m = NULL;
    const char *wrong = check(text, len, age, chassis, &rows);
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
