/* The command line: what its commands share.
 *
 * Each command is one file with one entry. Results go to standard output, everything said about
 * them to standard error. Exit status: 0 fine, 1 the user's input, 2 usage, 3 the world, 130
 * interrupted. */
#ifndef GW_CLI_CLI_H
#define GW_CLI_CLI_H

#include "gigawatt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { STATUS_FINE = 0, STATUS_INPUT = 1, STATUS_USE = 2, STATUS_WORLD = 3, STATUS_STOPPED = 130 };

int command_run(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_check(int argc, char **argv);
int command_fmt(int argc, char **argv);
int command_dump(int argc, char **argv);
int command_doc(int argc, char **argv);

/* ---- options.c ---- */

typedef struct {
    const char *name;     /* without the dashes */
    char letter;          /* of the short form, 0: none */
    const char *argument; /* "N"; NULL: takes none */
    const char *help;
} Option;

typedef struct {
    const char *command;   /* "run" */
    const char *usage;     /* "gw run FILE [OPTION...]" */
    const char *summary;   /* a sentence or two */
    const char *example;   /* lines, each beginning with two spaces */
    const Option *options; /* ends with a NULL name; --help is understood besides */
} CommandHelp;

typedef struct {
    const CommandHelp *help;
    int argc, at;
    char **argv;
    const char *letters; /* what is left of a word of several short options, or NULL */
    bool only_files;     /* after -- */
} Arguments;

enum { ARGUMENT_END = -1, ARGUMENT_FILE = -2, ARGUMENT_BAD = -3, ARGUMENT_HELP = -4 };
/* The next option's number, with its argument in *value; ARGUMENT_FILE for a word that is none.
 * What is wrong, and the help, is written here. */
int arguments_next(Arguments *arguments, const char **value);
/* A whole number, perhaps with k, M, G; false with a message when it is not one. */
bool read_count(const char *command, const char *option, const char *value, uint64_t least,
                uint64_t most, uint64_t *count);
/* What an option that may be repeated said, each time. */
enum { MOST_REPEATED = 64 };
typedef struct {
    const char *items[MOST_REPEATED];
    size_t count;
} Repeated;
/* False with a message when there are too many. */
bool add_repeated(const char *command, const char *option, const char *value, Repeated *list);
/* The candidate nearest to `word` in spelling; NULL when none is near. */
const char *nearest_word(const char *word, const char *const *candidates);

/* ---- output.c ---- */

/* "gw: " and the message, to standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says how to be told more, for faults of usage; gives STATUS_USE. */
int refuse_use(const char *command);
/* To standard output; errors show in finish_output. */
void write_text(const char *text);
void write_bytes(const char *bytes, size_t length);
/* Everything written has arrived; STATUS_WORLD with a message when it has not. */
int finish_output(int status);
bool wants_colour(int descriptor);
/* Finds out before a run whether its results can be kept at all; says why not. */
int check_output(const char *path);
/* From malloc; NULL when memory ran out. */
char *copy_string(const char *string);
/* The exit status of a library call; 0 for GW_OK. */
int status_of(GwStatus status);

/* ---- progress.c ---- */

/* Notes the first Ctrl-C or `kill`; the second one ends the program at once. */
void catch_interrupts(void);
/* From here on a signal ends the program at once. */
void let_interrupts_end(void);
bool was_interrupted(void);
typedef struct {
    struct timespec started;
    double shown_at; /* seconds since the start */
    bool is_terminal, is_shown;
} Meter;
Meter meter_start(void);
double meter_seconds(const Meter *meter);
/* For GwRunOptions.progress; `context` is a Meter. */
int show_progress(void *context, uint64_t done, uint64_t total);
void clear_progress(Meter *meter);

/* ---- delivery.c ---- */

/* What is wanted of a run that is done. */
typedef struct {
    bool is_json, is_csv, is_quiet; /* else a report */
    bool has_errors, is_timed;      /* the report: standard errors; the time on a terminal */
    bool fails_on_checks;
    bool is_part;     /* nothing is judged: the whole will be */
    bool is_many;     /* several runs in turn: one document of all */
    size_t n_written; /* of them, so far */
} Delivery;
/* Saves it (output NULL: nowhere), writes it, and gives the exit status, all faults being said. */
int deliver(GwRun *run, Delivery *delivery, const char *output, Meter *meter);
/* Ends the document of several runs. */
void delivery_end(const Delivery *delivery);

/* ---- open.c ---- */

/* A model read from a file, "-" for standard input; library NULL: the one inside. NULL with
 * *status set, and all said, when there is none. */
GwModel *open_model(const char *path, const char *library, int *status);
/* What --strict, --set and --show say of a model, all faults of these at once. */
GwStatus apply_settings(GwModel *model, bool is_strict, const Repeated *settings,
                        const Repeated *shows);
/* Draws the diagnostics there are, to standard error. */
void draw_diagnostics(GwModel *model);
/* Says why a call failed (the diagnostics, or the message); its exit status. */
int explain(GwModel *model, GwStatus status);
/* The bytes of standard input; NULL with a message. */
char *read_input(size_t *length);
/* All bytes of a file, however long it says it is, in memory of malloc: more than a model may have
 * are cut off. Returns 0 or an errno value. */
int read_stream(FILE *file, char **bytes, size_t *length);

#endif
