/* A source set to parse short texts in, for the tests of syntax/. */
#ifndef GW_TESTS_SYNTAX_FIXTURE_H
#define GW_TESTS_SYNTAX_FIXTURE_H

#include "syntax/syntax.h"

typedef struct {
    Arena *arena;
    SourceSet sources;
    DiagList diags;
} Fixture;

int fixture_open(void **state);
int fixture_close(void **state);
uint32_t fixture_add(Fixture *fixture, Text bytes);
void fixture_forget_diags(Fixture *fixture);
/* The tree of `text`, which must have no fault. */
Tree *fixture_parse(Fixture *fixture, const char *text);
const char *fixture_dump(Fixture *fixture, const char *text);
const char *fixture_format(Fixture *fixture, const char *text);
/* The first fault of `text` as "code: message" (its edit applied, when it has one, must
 * leave no fault of that code behind); "" when there is none. */
const char *fixture_fault(Fixture *fixture, Text text);
char *fixture_read(Fixture *fixture, const char *path, size_t *length); /* NULL: no such file */
/* n copies of `unit` between `head` and `tail`. */
Text fixture_repeat(Fixture *fixture, const char *head, const char *unit, size_t n,
                    const char *tail);

#endif
