/* How many of the generated models contain each operation, verb, law, ... of the language. */
#ifndef GW_TESTS_DIFFERENTIAL_COVERAGE_H
#define GW_TESTS_DIFFERENTIAL_COVERAGE_H

#include "model/model.h"
#include "run/run.h"

typedef struct Coverage Coverage;

Coverage *coverage_new(Arena *arena);
/* Counts one model, and what happened in its paths. `text` is what it was read from; its scenario,
 * which ends it, counts only where it is in force. */
void coverage_add(Coverage *coverage, const Model *model, const RunResult *result, Text text,
                  bool is_scenario);
/* Prints the table; the number of rows that fewer than `least` models contain. */
int coverage_print(const Coverage *coverage, int least, bool only_missing);

#endif
