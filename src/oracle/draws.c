/* Draws: the inverse distribution function of a uniform that depends on seed, name, path, period.
 */
#include "oracle/path.h"

#include "maths/distribution.h"
#include "maths/maths.h"
#include "maths/philox.h"

static double own_uniform(const Path *path, const Draw *draw)
{
    uint32_t period = draw->is_once ? 0 : (uint32_t)step_ordinal(draw->step, path->last_day);

    return draw_uniform(path->seed, draw->hash, path->number, period);
}

/* The normal score: its own, or in a copula the weighted sum of the members' own up to its place.
 */
static double score(const Path *path, const Draw *draw)
{
    const Model *model = path->model;

    if (draw->together == NO_ID)
        return gw_inverse_normal(own_uniform(path, draw));

    const Together *together = &model->togethers.items[draw->together];
    size_t n = together->members.count;
    double sum = 0;
    for (uint32_t j = 0; j <= draw->place; j++) {
        const Draw *member = model->values.items[together->members.items[j]].draw;
        double weight = together->cholesky[draw->place * n + j];
        double term = weight * gw_inverse_normal(own_uniform(path, member));

        sum = j == 0 ? term : sum + term;
    }
    return sum;
}

static double of_law(Path *path, const Draw *draw)
{
    bool is_truncated = draw->truncated_low != NULL || draw->truncated_high != NULL;
    double *params = path_take(path, draw->n_params);
    double result = 0;

    for (uint32_t i = 0; i < draw->n_params; i++)
        params[i] = evaluate_node(path, draw->params[i]);

    if (draw->law == DIST_LAW_NORMAL && !is_truncated) {
        result = params[0] + params[1] * score(path, draw);
    } else if (draw->law == DIST_LAW_LOGNORMAL && !is_truncated) {
        result = gw_exp(params[0] + params[1] * score(path, draw));
    } else {
        Distribution distribution = {
            .law = (DistributionLaw)draw->law,
            .count = draw->law == DIST_LAW_DATA ? draw->n_data : draw->n_params,
            .params = params,
            .probabilities = draw->probabilities,
            .values = draw->law == DIST_LAW_DATA ? draw->data : draw->outcomes,
        };
        double u =
            draw->together == NO_ID ? own_uniform(path, draw) : gw_score_uniform(score(path, draw));
        double low = evaluate_or(path, draw->truncated_low, -GW_INFINITY);
        double high = evaluate_or(path, draw->truncated_high, GW_INFINITY);

        result = is_truncated ? distribution_truncated(&distribution, u, low, high)
                              : distribution_quantile(&distribution, u);
    }
    path_give(path, params);
    return result;
}

double draw_value(Path *path, const Value *value)
{
    const Draw *draw = value->draw;
    double x = of_law(path, draw);

    return draw->is_date ? gw_floor(x + 0.5) : x;
}
