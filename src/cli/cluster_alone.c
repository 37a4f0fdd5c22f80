/* One run by several processes: not without MPI, but the program that has it may be at hand. */
#include "cli/cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many processes were started together, as far as the ways to start them say. */
static long processes_started(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", NULL};
    const char *tasks = getenv("SLURM_NTASKS");
    const char *said = NULL;

    for (size_t i = 0; names[i] != NULL && said == NULL; i++)
        said = getenv(names[i]);
    if (said == NULL && getenv("PMIX_RANK") != NULL)
        said = tasks;
    return said == NULL ? 1 : strtol(said, NULL, 10);
}

bool cluster_join(char **argv, Cluster *cluster, int *status)
{
    static const char name[] = "gw-mpi";
    char path[4096];
    ssize_t length = -1;
    char *slash = NULL;

    *cluster = (Cluster){0, 1};
    if (processes_started() <= 1)
        return true;
    length = readlink("/proc/self/exe", path, sizeof path - sizeof name);
    path[length > 0 ? length : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash != NULL) {
        (void)memcpy(slash + 1, name, sizeof name);
        (void)execv(path, argv);
    }
    complain("run: this is one of several processes, and %s, which could share the run among them, "
             "is not there: build with MPI, or run parts and `gw merge` them",
             slash != NULL ? path : name);
    *status = STATUS_WORLD;
    return false;
}

void cluster_send(const void *bytes, size_t length, int status)
{
    (void)bytes;
    (void)length;
    (void)status;
}

int cluster_receive(unsigned rank, void **bytes, size_t *length, int (*stops)(void *context),
                    void *context)
{
    (void)rank;
    (void)stops;
    (void)context;
    *bytes = NULL;
    *length = 0;
    return STATUS_WORLD;
}

void cluster_leave(int status)
{
    (void)status;
}
