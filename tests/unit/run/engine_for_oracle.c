/* The tile engine under the oracle's name, so that the oracle's tests, whose numbers were worked by
 * hand, run on the engine too. */
#include "oracle/oracle.h"
#include "program/program.h"

RunStatus oracle_run(Arena *arena, const Model *model, uint64_t seed, uint64_t first_path,
                     uint64_t n_paths, RunResult **result)
{
    RunOptions options = {
        .seed = seed, .first_path = first_path, .n_paths = n_paths, .n_threads = 1};

    return run_program(arena, program_build(arena, model), &options, result);
}
