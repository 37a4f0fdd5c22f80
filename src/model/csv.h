/* Rows of a data file: cells set apart by commas, as spreadsheets write them (RFC 4180).
 *
 * A cell in double quotes may hold commas and doubled quotes, not line ends. Spaces around a cell
 * and a byte-order mark do not count; a line without text is no row. Cells live in the arena. */
#ifndef GW_MODEL_CSV_H
#define GW_MODEL_CSV_H

#include "base/text.h"

typedef struct {
    Text rest;   /* what is not read yet */
    size_t line; /* of the row at hand, from 1 */
    LIST(Text) cells;
} CsvReader;

#define CSV_NO_COLUMN SIZE_MAX

CsvReader csv_open(Text text);
/* Reads the next row into `cells`; false at the end. */
bool csv_next_row(Arena *arena, CsvReader *reader);
/* The place of a cell in the row at hand, such as a column's in the first. */
size_t csv_find(const CsvReader *reader, Text cell);
/* The empty text where the row has no such cell. */
Text csv_cell(const CsvReader *reader, size_t column);
/* True when the whole cell is a finite number, written as in the language: -1.5e3. */
bool csv_number(Arena *arena, Text cell, double *number);

#endif
