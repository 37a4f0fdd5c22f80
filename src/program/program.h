/* From the checked model to a program for tiles: intermediate form, passes, bytecode. */
#ifndef GW_PROGRAM_PROGRAM_H
#define GW_PROGRAM_PROGRAM_H

#include "base/arena.h"
#include "model/model.h"

typedef struct Program Program;

/* Everything the program needs lives in `arena`; it keeps a pointer to `model`, which must outlive
 * it. */
Program *program_build(Arena *arena, const Model *model);
const Model *program_model(const Program *program);
Text program_dump_ir(Arena *arena, const Program *program); /* after every pass */
Text program_dump_bytecode(Arena *arena, const Program *program);

#endif
