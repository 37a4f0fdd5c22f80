/* How many of the generated models contain each operation, verb, law, ... of the language. */
#ifndef GW_TESTS_DIFFERENTIAL_COVERAGE_H
#define GW_TESTS_DIFFERENTIAL_COVERAGE_H

#include "model/model.h"
#include "run/run.h"

typedef struct Coverage Coverage;

Coverage *coverage_new(Arena *arena);
/* Counts one model, and what happened in its paths. */
void coverage_add(Coverage *coverage, const Model *model, const RunResult *result);
/* Prints the table; the number of rows that fewer than `least` models contain. */
int coverage_print(const Coverage *coverage, int least, bool only_missing);

#endif
