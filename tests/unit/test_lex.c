/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens: each text is rendered as the tokens that it falls into. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lex.h"

static size_t put_wide(char *out, size_t size, wide value)
{
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    int n =
        high ? snprintf(out, size, "%llx%016llx", (unsigned long long)high, (unsigned long long)low)
             : snprintf(out, size, "%llx", (unsigned long long)low);
    return (size_t)n;
}

static size_t put_integer(char *out, size_t size, const struct lexer *lx)
{
    static const char formats[] = "dxe46";
    size_t n = (size_t)snprintf(out, size, "%c:", formats[lx->format]);
    n += put_wide(out + n, size - n, lx->value);
    if (lx->masked) {
        n += (size_t)snprintf(out + n, size - n, "/");
        n += put_wide(out + n, size - n, lx->mask);
    }
    return n;
}

static size_t put_token(char *out, size_t size, const struct lexer *lx)
{
    static const char *const symbols[] = {
        [TOKEN_EQ] = "==",       [TOKEN_NE] = "!=",        [TOKEN_LT] = "<",
        [TOKEN_LE] = "<=",       [TOKEN_GT] = ">",         [TOKEN_GE] = ">=",
        [TOKEN_NOT] = "!",       [TOKEN_AND] = "&&",       [TOKEN_OR] = "||",
        [TOKEN_ASSIGN] = "=",    [TOKEN_EXCHANGE] = "<->", [TOKEN_DECREMENT] = "--",
        [TOKEN_LPAREN] = "(",    [TOKEN_RPAREN] = ")",     [TOKEN_LBRACE] = "{",
        [TOKEN_RBRACE] = "}",    [TOKEN_LBRACKET] = "[",   [TOKEN_RBRACKET] = "]",
        [TOKEN_ELLIPSIS] = "..", [TOKEN_COMMA] = ",",      [TOKEN_SEMICOLON] = ";",
        [TOKEN_COLON] = ":",
    };
    switch (lx->type) {
    case TOKEN_ERROR:
        return (size_t)snprintf(out, size, "error(%s)", lx->error);
    case TOKEN_ID:
        return (size_t)snprintf(out, size, "%s", lx->text);
    case TOKEN_STRING:
        return (size_t)snprintf(out, size, "\"%s\"", lx->text);
    case TOKEN_SET:
        return (size_t)snprintf(out, size, "$%s", lx->text);
    case TOKEN_GROUP:
        return (size_t)snprintf(out, size, "@%s", lx->text);
    case TOKEN_INTEGER:
        return put_integer(out, size, lx);
    default:
        return (size_t)snprintf(out, size, "%s", symbols[lx->type]);
    }
}

static void render(const char *text, char *out, size_t size)
{
    struct lexer lx;
    size_t n = 0;
    out[0] = '\0';
    for (lexer_init(&lx, text); lx.type != TOKEN_END; lexer_next(&lx)) {
        n += n > 0 ? (size_t)snprintf(out + n, size - n, " ") : 0;
        n += put_token(out + n, size - n, &lx);
        if (lx.type == TOKEN_ERROR) {
            break;
        }
    }
}

static void check(const char *text, const char *expected)
{
    char got[2048];
    render(text, got, sizeof got);
    if (strcmp(got, expected) != 0) {
        fail_msg("`%s`: expected `%s`, got `%s`", text, expected, got);
    }
}

static void test_symbols(void **state)
{
    (void)state;
    check("==!=<=>=<><->", "== != <= >= < > <->");
    check("ip.ttl--;", "ip.ttl -- ;");
    check("a&&b||!c", "a && b || ! c");
    check("({[..]}),;:=", "( { [ .. ] } ) , ; : =");
    check("reg0[0..15]", "reg0 [ d:0 .. d:f ]");
    check("a -> b", "a error(unexpected character)");
    check("a & b", "a error(unexpected character)");
}

static void test_integers(void **state)
{
    (void)state;
    check("0 1 65535 18446744073709551615", "d:0 d:1 d:ffff d:ffffffffffffffff");
    check("18446744073709551616", "error(malformed constant)");
    check("0x10 0XaB", "x:10 x:ab");
    check("0x", "error(malformed constant)");
    check("0x123456789012345678901234567890123", "error(malformed constant)");
    check("1/0x3 0x6/3", "d:1/3 x:2/3");
    check("12abc", "error(malformed constant)");
}

static void test_addresses(void **state)
{
    (void)state;
    check("10.1.0.10", "4:a01000a");
    check("10.1.2.3/16", "4:a010000/ffff0000");
    check("10.1.2.3/0", "4:0/0");
    check("10.1.2.3/255.0.255.0", "4:a000200/ff00ff00");
    check("10.1.2.3/33", "error(malformed mask)");
    check("10.1.2.3/::1", "error(malformed mask)");
    check("1.2.3.4:80", "4:1020304 : d:50");
    check("1.2.3", "error(malformed constant)");
    check("00:00:00:01:00:10", "e:10010");
    check("01:00:00:00:00:00/01:00:00:00:00:00", "e:10000000000/10000000000");
    check("aa:bb:cc:dd:ee", "error(malformed constant)");
    check("fd01::10", "6:fd010000000000000000000000000010");
    check("::", "6:0");
    check("::ffff:192.0.2.1", "6:ffffc0000201");
    check("fe80::/10", "6:fe800000000000000000000000000000/ffc00000000000000000000000000000");
    check("fe80::/129", "error(malformed mask)");
    check("fe80::1 face", "6:fe800000000000000000000000000001 face");
}

static void test_names(void **state)
{
    char longest[LEX_MAX_TEXT + 2], expected[LEX_MAX_TEXT + 2];
    (void)state;
    check("ip4.src _x .y a1", "ip4.src _x .y a1");
    check("$set1 @pg-a $", "$set1 @pg-a error(name expected)");
    memset(longest, 'x', sizeof longest);
    longest[LEX_MAX_TEXT - 1] = '\0';
    strcpy(expected, longest);
    check(longest, expected);
    longest[LEX_MAX_TEXT - 1] = 'x';
    longest[LEX_MAX_TEXT] = '\0';
    check(longest, "error(identifier too long)");
}

static void test_strings(void **state)
{
    (void)state;
    check("\"lr1-ts1\"", "\"lr1-ts1\"");
    check("\"\"", "\"\"");
    check("\"a\\\"b\\\\c\\/\"", "\"a\"b\\c/\"");
    check("\"\\u0041\\u00e9\\u20ac\"", "\"A\xc3\xa9\xe2\x82\xac\"");
    check("\"\\u0000\"", "error(bad escape in string)");
    check("\"\\u12\"", "error(bad escape in string)");
    check("\"\\x\"", "error(bad escape in string)");
    check("\"abc", "error(missing closing quote)");
    check("\"abc\\", "error(bad escape in string)");
}

static void test_long_string(void **state)
{
    char text[2 * LEX_MAX_TEXT];
    (void)state;
    memset(text, 'x', sizeof text);
    text[0] = '"';
    strcpy(text + sizeof text - 2, "\"");
    check(text, "error(string too long)");
}

static void test_comments(void **state)
{
    (void)state;
    check("a /* b */ c", "a c");
    check("a // b\nc", "a c");
    check("/**/", "");
    check("a /* b", "a error(unterminated comment)");
    check(" \t\n", "");
}

static void test_lone_constant(void **state)
{
    wide value, mask;
    bool masked;
    enum integer_format format;
    (void)state;
    assert_true(lex_constant("10.0.0.0/8", &value, &mask, &masked, &format));
    assert_true(value == 0x0a000000 && mask == 0xff000000 && masked && format == FORMAT_IPV4);
    assert_true(lex_constant(" fd01::1 ", &value, &mask, &masked, &format));
    assert_true(format == FORMAT_IPV6 && mask == ~(wide)0 && !masked);
    assert_false(lex_constant("10.0.0.1 10.0.0.2", &value, &mask, &masked, &format));
    assert_false(lex_constant("ip4", &value, &mask, &masked, &format));
    assert_false(lex_constant("", &value, &mask, &masked, &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symbols),   cmocka_unit_test(test_integers),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_names),
        cmocka_unit_test(test_strings),   cmocka_unit_test(test_long_string),
        cmocka_unit_test(test_comments),  cmocka_unit_test(test_lone_constant),
    };
    return cmocka_run_group_tests_name("lex", tests, NULL, NULL);
}
