/* Any bytes as a model, checked to the end: what has no fault runs two paths without a fault of
 * ours.
 *
 * With Clang: -fsanitize=fuzzer,address -DGW_LIBFUZZER. Otherwise main replays
 * the files named as arguments, so that the kept corpus runs with any compiler. */
#include "model/build.h"
#include "oracle/oracle.h"
#include "syntax/syntax.h"

#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What a model needs of a library: money, the four accounts by role, one category, two parties. */
static const char prelude[] =
    "unit USD currency\nunit person\nunit MW_it\nunit MW_site\n"
    "account cash : asset\naccount receivables : asset\naccount payables : liability\n"
    "account opening_equity : equity\naccount costs : expense\naccount sales : income\n"
    "account default_costs : expense\naccount loans : asset\naccount debt : liability\n"
    "category revenue { payer costs; payee sales }\n"
    "category borrowing { payer loans; payee debt }\n"
    "category guarantee { payer costs; payee sales }\n"
    "ranks running, trade default, junior\n"
    "party a \"A\" { opening cash = 5 USD }\nparty b \"B\" { outside }\n"
    "party costs_of_default \"C\" { outside }\n";

static Tree *parse(Arena *arena, SourceSet *sources, DiagList *diags, Text bytes)
{
    SourceFile *file = ARENA_NEW(arena, SourceFile);
    file->name = TEXT("fuzz.gw");
    file->bytes = text_copy(arena, bytes);
    *LIST_PUSH(arena, &sources->files) = file;
    return syntax_parse(arena, diags, (uint32_t)sources->files.count - 1);
}

/* A run of a large model takes longer than a fuzzer waits. */
static bool is_small(const Model *model)
{
    enum { MOST = 20000 };
    size_t work = model->values.count + model->slots.count + model->rules.count + 1;
    for (size_t i = 0; i < model->rings.count; i++)
        work += model->rings.items[i].n_slots;
    return work * model->n_periods < MOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Arena *arena = arena_new(NULL);
    SourceSet sources = {0};
    DiagList diags = {.arena = arena, .sources = &sources};
    BuildOptions options = {0};
    Buffer drawn = {.arena = arena};
    Tree *trees[2];

    trees[0] = parse(arena, &sources, &diags, (Text){(const char *)bytes, length});
    trees[1] = parse(arena, &sources, &diags, TEXT(prelude));
    if (diags.n_errors == 0) {
        Model *model = model_build(arena, &diags, trees, 2, &options);
        RunResult *result;
        if (diags.n_errors == 0 && is_small(model))
            (void)oracle_run(arena, model, 1, 0, 2, &result);
    }
    diag_draw_all(&diags, false, &drawn);
    arena_free(arena);
    return 0;
}

#ifndef GW_LIBFUZZER
int main(int n_arguments, char **arguments)
{
    static uint8_t bytes[1 << 20];

    for (int i = 1; i < n_arguments; i++) {
        FILE *file = fopen(arguments[i], "rb");
        if (!file) {
            fprintf(stderr, "%s cannot be read\n", arguments[i]);
            return 1;
        }
        size_t length = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        LLVMFuzzerTestOneInput(bytes, length);
    }
    return 0;
}
#endif
