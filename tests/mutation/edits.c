/* Applies every edit that a message suggests, and checks that its fault is gone.
 *
 * usage: edits LIBRARY FILE...
 * An edit passes when, in the file as edited, no message with the same code and
 * words is left, and no error is there that was not there before. Ends with
 * `N passed, M failed`. */
#include "reading.h"

#include <stdio.h>

typedef struct {
    size_t passed, failed;
} Tally;

static size_t count_like(const DiagList *list, const Diag *diag)
{
    size_t n = 0;

    for (size_t i = 0; i < list->diags.count; i++)
        n += list->diags.items[i]->code == diag->code &&
             text_equal(list->diags.items[i]->message, diag->message);
    return n;
}

/* Only the text is looked at while the text has faults, as `gw check` does. */
static void all_faults(const Reading *reading, Arena *arena, DiagList *out)
{
    if (reading->diags.n_errors > 0)
        *out = reading->diags;
    else
        (void)reading_check(reading, arena, out, (HowToCheck){0});
}

static bool edit_works(const char *path, const Reading *before, const DiagList *faults,
                       const Diag *diag)
{
    Arena *arena = arena_new(NULL);
    Reading after;
    DiagList left;

    (void)reading_edited(&after, arena, before, diag->edit_span, diag->edit_text);
    all_faults(&after, arena, &left);
    bool is_gone = count_like(&left, diag) < count_like(faults, diag);
    /* A file whose text becomes readable is checked for the first time: only its text must be
     * better. */
    bool was_text = before->diags.n_errors > 0, is_text = after.diags.n_errors > 0;
    bool is_worse =
        was_text == is_text && left.n_errors >= faults->n_errors && diag->severity == DIAG_ERROR;
    bool ok = is_gone && !is_worse && (was_text || !is_text);
    if (!ok) {
        Buffer out = {.arena = arena};
        printf("FAILED %s: the edit of this message does not remove its fault\n", path);
        diag_draw(faults, diag, false, &out);
        printf("%.*sand then:\n", (int)out.length, out.bytes);
        out.length = 0;
        diag_draw_all(&left, false, &out);
        printf("%.*s", (int)out.length, out.bytes);
    }
    arena_free(arena);
    return ok;
}

static void check_file(const char *path, const char *library, Tally *tally)
{
    Arena *arena = arena_new(NULL);
    Reading reading;
    DiagList faults;

    (void)reading_open(&reading, arena, path, library);
    all_faults(&reading, arena, &faults);
    for (size_t i = 0; i < faults.diags.count; i++) {
        const Diag *diag = faults.diags.items[i];
        if (!diag->has_edit)
            continue;
        if (edit_works(path, &reading, &faults, diag))
            tally->passed++;
        else
            tally->failed++;
    }
    arena_free(arena);
}

int main(int argc, char **argv)
{
    Tally tally = {0};

    if (argc < 3) {
        fprintf(stderr, "usage: edits LIBRARY FILE...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        check_file(argv[i], argv[1], &tally);
    printf("edits: %zu passed, %zu failed\n", tally.passed, tally.failed);
    return tally.failed > 0 || tally.passed == 0;
}
