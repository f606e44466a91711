/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/json.h"
#include "util.h"
#include "view.h"

#define MAX_LINE 4096

void check_add(struct check *c, const char *name, enum check_verdict verdict, char *found,
               char *why, char *command)
{
    static const char *const verdicts[] = {"ok", "advice", "must_change"};
    struct json *json = json_object_create();
    json_object_put_string(json, "check", name);
    json_object_put_string(json, "verdict", verdicts[verdict]);
    json_object_put_string(json, "found", found ? found : "");
    json_object_put_string(json, "why", verdict != CHECK_OK && why ? why : "");
    json_object_put_string(json, "command", verdict != CHECK_OK && command ? command : "");
    json_array_add(c->checks, json);
    free(found);
    free(why);
    free(command);
}

static char *__attribute__((format(printf, 2, 0)))
path_of(const struct check *c, const char *format, va_list args)
{
    char *rest = xvasprintf(format, args);
    char *path = xasprintf("%s/%s", c->root, rest);
    free(rest);
    return path;
}

static char *read_line(const char *path)
{
    char line[MAX_LINE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    ssize_t n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n < 0) {
        return NULL;
    }
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return xstrdup(line);
}

char *check_read(const struct check *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *path = path_of(c, format, args);
    va_end(args);
    char *line = read_line(path);
    free(path);
    return line;
}

long long check_number(const struct check *c, const char *format, ...)
{
    long long number = -1;
    va_list args;
    va_start(args, format);
    char *path = path_of(c, format, args);
    va_end(args);
    char *line = read_line(path);
    if (line == NULL || !str_to_llong(line, 10, &number)) {
        number = -1;
    }
    free(line);
    free(path);
    return number;
}

char *check_link(const struct check *c, const char *format, ...)
{
    char target[PATH_MAX];
    va_list args;
    va_start(args, format);
    char *path = path_of(c, format, args);
    va_end(args);
    ssize_t n = readlink(path, target, sizeof target - 1);
    free(path);
    if (n < 0) {
        return NULL;
    }
    target[n] = '\0';
    char *slash = strrchr(target, '/');
    return xstrdup(slash ? slash + 1 : target);
}

char *check_choice(const char *text)
{
    const char *open = text ? strchr(text, '[') : NULL;
    const char *close = open ? strchr(open, ']') : NULL;
    return close ? xmemdup0(open + 1, (size_t)(close - open - 1)) : NULL;
}

bool check_cpu_list(const char *text, struct check_cpus *cpus)
{
    memset(cpus, 0, sizeof *cpus);
    while (*text != '\0') {
        char *end;
        errno = 0;
        unsigned long first = strtoul(text, &end, 10), last = first;
        if (end == text || *text == '-') {
            return false;
        }
        if (*end == '-') {
            text = end + 1;
            last = strtoul(text, &end, 10);
        }
        if (end == text || errno != 0 || last < first) {
            return false;
        }
        for (unsigned long i = first; i <= last && i < CHECK_MAX_CPUS; i++) {
            cpus->has[i] = 1;
        }
        if (*end != ',' && *end != '\0') {
            return false;
        }
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}

struct json *check_host(const char *root, const struct icgw_config *config)
{
    struct check c = {root, config, json_array_create_empty()};
    struct json *report = json_object_create();
    const struct json *one;
    bool fit = true;
    check_memory(&c);
    check_cpus(&c);
    check_devices(&c);
    check_kernel(&c);
    VIEW_FOR_EACH(one, i, c.checks)
    {
        fit = fit && strcmp(view_string(one, "verdict"), "must_change") != 0;
    }
    json_object_put(report, "checks", c.checks);
    json_object_put(report, "fit", json_boolean_create(fit));
    return report;
}
