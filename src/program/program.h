/* From the checked model to a program for tiles: intermediate form, passes, bytecode. */
#ifndef GW_PROGRAM_PROGRAM_H
#define GW_PROGRAM_PROGRAM_H

#include "base/arena.h"
#include "model/model.h"

typedef struct Program Program;

/* Everything the program needs lives in `arena`; it keeps a pointer to `model`, which must outlive
 * it. */
Program *program_build(Arena *arena, const Model *model);
/* The same with fixed numbers lifted: each constant that rests on one of them becomes an input, a
 * number by path that the run is given. No bit changes. `is_lifted` is by Literal.index. */
Program *program_build_lifted(Arena *arena, const Model *model, const bool *is_lifted);
/* The constants that became inputs, in order; their count. */
size_t program_inputs(const Program *program, const Node *const **inputs);
const Model *program_model(const Program *program);
Text program_dump_ir(Arena *arena, const Program *program); /* after every pass */
Text program_dump_bytecode(Arena *arena, const Program *program);

#endif
