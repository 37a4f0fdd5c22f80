/* What is seen of a long command while it runs, and stopping it. */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t is_interrupted;

static void note_interrupt(int signal_number)
{
    (void)signal_number;
    is_interrupted = 1;
}

static void on_interrupt(void (*handler)(int))
{
    struct sigaction action = {0};

    action.sa_handler = handler;
    action.sa_flags = (int)SA_RESETHAND;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void catch_interrupts(void)
{
    on_interrupt(note_interrupt);
}

void let_interrupts_end(void)
{
    on_interrupt(SIG_DFL);
}

bool was_interrupted(void)
{
    return is_interrupted != 0;
}

Meter meter_start(void)
{
    Meter meter = {.is_terminal = isatty(STDERR_FILENO) != 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &meter.started);
    return meter;
}

double meter_seconds(const Meter *meter)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - meter->started.tv_sec) +
           (double)(now.tv_nsec - meter->started.tv_nsec) / 1e9;
}

int show_progress(void *context, uint64_t done, uint64_t total)
{
    Meter *meter = context;
    double elapsed = meter_seconds(meter);

    if (was_interrupted())
        return 1;
    if (meter->is_terminal && elapsed > 1 && elapsed - meter->shown_at > 0.1 && total > 0) {
        (void)fprintf(stderr, "\r%3.0f %%  %.0f s ", 100 * (double)done / (double)total, elapsed);
        (void)fflush(stderr);
        meter->shown_at = elapsed;
        meter->is_shown = true;
    }
    return 0;
}

void clear_progress(Meter *meter)
{
    if (meter->is_shown)
        (void)fputs("\r                    \r", stderr);
    meter->is_shown = false;
}
