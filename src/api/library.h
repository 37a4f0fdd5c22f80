/* The field's library inside the binary: the files of lib/, made into C by scripts/embed. */
#ifndef GW_API_LIBRARY_H
#define GW_API_LIBRARY_H

#include <stddef.h>

typedef struct {
    const char *name; /* "units.gw" */
    const unsigned char *bytes;
    size_t length;
} LibraryFile;

extern const LibraryFile library_files[];
extern const size_t n_library_files;

#endif
