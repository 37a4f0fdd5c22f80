/* The canonical layout. */
#include "syntax/syntax.h"
Text syntax_format(Arena *arena, const SourceSet *sources, const Tree *tree)
{
    return text_copy(arena, sources->files.items[tree->file]->bytes);
}
