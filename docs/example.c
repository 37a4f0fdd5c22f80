/* A whole program that uses the library: reads a model, changes a number, runs it, and reads
 * the result back. Build: cc example.c -lgigawatt -ljansson -lsqlite3 -lpthread -lm */
#include <gigawatt.h>

#include <stdio.h>

static const char text[] =
    "model tank \"A tank that fills\" {\n"
    "  clock = monthly from 2026-01 until 2026-12\n"
    "}\n"
    "inflow ~ uniform(1, 3) assume \"for the example\"\n"
    "stock level : number = 10 assume \"for the example\" { in inflow / 1 month }\n";

static int report_faults(GwModel *model)
{
    fputs(gw_model_diagnostics_text(model, 0), stderr);
    fprintf(stderr, "%s\n", gw_model_message(model));
    gw_model_free(model);
    return 1;
}

int main(void)
{
    GwModel *model = gw_model_new();
    GwRunOptions options = {.paths = 1000, .seed = 1};
    GwRun *run = NULL;
    size_t level = 0;

    if (model == NULL || gw_model_parse(model, "tank.gw", text, sizeof text - 1) != GW_OK ||
        gw_model_set(model, "inflow = 2") != GW_OK || gw_model_show(model, "level") != GW_OK)
        return report_faults(model);
    if (gw_model_run(model, &options, &run) != GW_OK)
        return report_faults(model);
    if (gw_model_find_output(model, "level", &level) == GW_OK)
        printf("after a year the tank holds %g\n", gw_run_quantile(run, level, 11, 0.5));
    gw_run_free(run);
    gw_model_free(model);
    return 0;
}
