/* Compares docs/bytecode.md with the list of operations, or writes it.
 *
 * usage: bytecode_doc FILE [--write] */
#include "program/code.h"

#include <stdio.h>
#include <string.h>

static const char *const classes[] = {
    [OP_IS_LANE] = "lane by lane",
    [OP_IS_WRITTEN] = "lane by lane",
    [OP_IS_CLOCKED] = "lane by lane, reads the clock",
    [OP_IS_LEAF] = "a plain function",
    [OP_IS_HELD] = "the interpreter",
    [OP_IS_NAMED] = "no code",
};

static Text document(Arena *arena)
{
    Buffer out = {.arena = arena};

    buffer_string(
        &out, "# Bytecode\n\n"
              "What `gw dump bytecode` prints, and what the engine runs. This page is made from "
              "`src/program/ops.def`;\n"
              "`scripts/check` fails when it is not.\n\n"
              "A register holds one number for each path of a tile. `c` registers are computed "
              "once for the run, `p`\n"
              "registers once for each period, `t` registers for each path: once, when nothing in "
              "them varies by period,\n"
              "else in every period. An instruction is printed as `rOUT = OPERATION ARGUMENTS`. "
              "Sections run in this order:\n"
              "constants; period (for all periods, before any path); path (as a tile of paths "
              "starts); then, in every\n"
              "period: step, the rules that fire somewhere in the tile, postings, stages, closing. "
              "The body of a `solve`\n"
              "is a section of its own, run by SOLVE.\n\n"
              "| operation | arguments | run by | what it gives |\n| --- | --- | --- | --- |\n");
    for (int op = 0; op < OP_COUNT; op++) {
        const OpInfo *info = &op_infos[op];

        buffer_format(&out, "| %s | ", info->name);
        if (info->n_args == ANY)
            buffer_string(&out, "any");
        else
            buffer_format(&out, "%u", info->n_args);
        buffer_format(&out, " | %s | %s |\n", classes[info->op_class], info->doc);
    }
    return buffer_view(&out);
}

static bool write_file(const char *path, Text text)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    bool is_fine = fwrite(text.bytes, 1, text.length, file) == text.length;
    return fclose(file) == 0 && is_fine;
}

static bool file_is(const char *path, Text text)
{
    static char bytes[1 << 16];
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return false;
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return n == text.length && memcmp(bytes, text.bytes, n) == 0;
}

int main(int n, char **words)
{
    Arena *arena = arena_new(NULL);
    Text text = document(arena);
    bool is_fine = false;

    if (n == 3 && strcmp(words[2], "--write") == 0)
        is_fine = write_file(words[1], text);
    else if (n == 2)
        is_fine = file_is(words[1], text);
    if (!is_fine)
        printf("docs/bytecode.md is not what ops.def says: run this with --write\n");
    arena_free(arena);
    return is_fine ? 0 : 1;
}
