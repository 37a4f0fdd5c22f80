/* From text to syntax: tokens, trees, and the one canonical layout. */
#ifndef GW_SYNTAX_SYNTAX_H
#define GW_SYNTAX_SYNTAX_H

#include "source/diag.h"
#include "syntax/tree.h"

/* Parses one file; always returns a tree, with what could be read. */
Tree *syntax_parse(Arena *arena, DiagList *diags, uint32_t file);
/* Parses a file that holds one override of a scenario (--set), or what one view shows (--show).
 * NULL with a diagnostic on a fault. */
Decl *syntax_parse_override(Arena *arena, DiagList *diags, uint32_t file);
Decl *syntax_parse_view(Arena *arena, DiagList *diags,
                        uint32_t file); /* "openai.cash by year" as a show view */
/* The canonical layout of a file without faults; formatting it again changes nothing. */
Text syntax_format(Arena *arena, const SourceSet *sources, const Tree *tree);
Text syntax_dump_tokens(Arena *arena, DiagList *diags, uint32_t file);
Text syntax_dump_tree(Arena *arena, const SourceSet *sources, const Tree *tree);
/* An expression printed from its tree, one line, for messages and listings. */
Text syntax_print_expression(Arena *arena, const Expr *expr);

#endif
