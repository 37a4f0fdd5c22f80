/* Random but valid models, as text in the language: the same seed gives the same text anywhere. */
#ifndef GW_TESTS_DIFFERENTIAL_GENERATE_H
#define GW_TESTS_DIFFERENTIAL_GENERATE_H

#include "base/text.h"

typedef struct {
    int most_periods;     /* of the clock */
    int later_periods;    /* `from` moved later by so many periods */
    const char *one_more; /* a declaration put in front of the others, or NULL */
} GenerateOptions;

/* The model; it may have a scenario named `other`, and read files. */
Text generate_model(Arena *arena, uint64_t seed, const GenerateOptions *options);
/* What a file holds that a model reads; `ok` is false when no model reads it. */
Text generate_file(Arena *arena, Text path, bool *ok);

#endif
