/* One run by several processes: by MPI. */
#include "cli/cluster.h"

#include <mpi.h>
#include <stdlib.h>
#include <time.h>

enum { TAG_HEAD = 1, TAG_BYTES = 2, MOST_AT_ONCE = 1 << 30, WAIT_NS = 5000000 };

typedef struct {
    uint64_t length;
    int64_t status;
} Head;

bool cluster_join(char **argv, Cluster *cluster, int *status)
{
    int rank = 0;
    int size = 1;

    (void)argv;
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS || MPI_Comm_rank(MPI_COMM_WORLD, &rank) != 0 ||
        MPI_Comm_size(MPI_COMM_WORLD, &size) != 0) {
        complain("MPI does not start");
        *status = STATUS_WORLD;
        return false;
    }
    *cluster = (Cluster){(unsigned)rank, (unsigned)size};
    return true;
}

/* MPI counts in int: a long part goes in pieces. */
static int piece_of(size_t left)
{
    return left < MOST_AT_ONCE ? (int)left : MOST_AT_ONCE;
}

void cluster_send(const void *bytes, size_t length, int status)
{
    Head head = {bytes != NULL ? length : 0, status};

    (void)MPI_Send(&head, sizeof head, MPI_BYTE, 0, TAG_HEAD, MPI_COMM_WORLD);
    for (size_t at = 0; at < head.length;) {
        int piece = piece_of(head.length - at);
        (void)MPI_Send((const char *)bytes + at, piece, MPI_BYTE, 0, TAG_BYTES, MPI_COMM_WORLD);
        at += (size_t)piece;
    }
}

/* A waiting process leaves the processor to others and looks whether to stop. */
static bool wait_for(int rank, int tag, int (*stops)(void *context), void *context)
{
    const struct timespec pause = {.tv_nsec = WAIT_NS};
    int is_there = 0;

    while (stops(context) == 0) {
        (void)MPI_Iprobe(rank, tag, MPI_COMM_WORLD, &is_there, MPI_STATUS_IGNORE);
        if (is_there)
            return true;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

int cluster_receive(unsigned rank, void **bytes, size_t *length, int (*stops)(void *context),
                    void *context)
{
    Head head = {0};

    *bytes = NULL;
    *length = 0;
    if (!wait_for((int)rank, TAG_HEAD, stops, context))
        return STATUS_STOPPED;
    (void)MPI_Recv(&head, sizeof head, MPI_BYTE, (int)rank, TAG_HEAD, MPI_COMM_WORLD,
                   MPI_STATUS_IGNORE);
    if (head.length == 0)
        return (int)head.status;
    *bytes = malloc((size_t)head.length);
    if (*bytes == NULL) {
        complain("memory ran out");
        return STATUS_WORLD;
    }
    *length = (size_t)head.length;
    for (size_t at = 0; at < *length;) {
        int piece = piece_of(*length - at);
        if (!wait_for((int)rank, TAG_BYTES, stops, context))
            return STATUS_STOPPED;
        (void)MPI_Recv((char *)*bytes + at, piece, MPI_BYTE, (int)rank, TAG_BYTES, MPI_COMM_WORLD,
                       MPI_STATUS_IGNORE);
        at += (size_t)piece;
    }
    return (int)head.status;
}

void cluster_leave(int status)
{
    if (status == STATUS_STOPPED || status == STATUS_WORLD)
        (void)MPI_Abort(MPI_COMM_WORLD, status);
    (void)MPI_Finalize();
}
