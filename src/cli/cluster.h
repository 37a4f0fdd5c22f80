/* One run by several processes that MPI started: each runs a part of the paths, the first joins
 * them and reports.
 *
 * Only `gw-mpi` is linked with MPI, so that `gw` starts quickly; `gw run`, started as one of
 * several, becomes the `gw-mpi` that stands beside it. */
#ifndef GW_CLI_CLUSTER_H
#define GW_CLI_CLUSTER_H

#include "cli/cli.h"

typedef struct {
    unsigned rank, size; /* this process, of how many */
} Cluster;

/* Finds the others; to be called before anything is read or written. False, with *status set and
 * all said, when this program cannot. */
bool cluster_join(char **argv, Cluster *cluster, int *status);
/* Gives the first process this one's part; NULL bytes: there is none, for `status`. */
void cluster_send(const void *bytes, size_t length, int status);
/* In the first process: waits for the part of `rank`, in memory that the caller frees. Its status;
 * STATUS_STOPPED when `goes_on` says to stop. *bytes is NULL when it sent none. */
int cluster_receive(unsigned rank, void **bytes, size_t *length, int (*stops)(void *context),
                    void *context);
/* The last call. After an interrupt the other processes are ended too: they may wait. */
void cluster_leave(int status);

#endif
