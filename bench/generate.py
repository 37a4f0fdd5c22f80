#!/usr/bin/env python3
"""Models of any size, for scripts/bench.

usage: generate.py variables N            N named values of every plain sort, for the checker
       generate.py sites N [MONTHS]       N sites with build delay, each paying for its power
       generate.py world SITES [MONTHS]   sites, 40 parties, leases, loans, works and defaults

Prints the model; the last line, a comment, says how many named values vary by path and month.
"""
import sys

HEAD = """import gigawatt

model {name} "Made for the benchmarks" {{
  clock = monthly from 2026-01 until {last}
}}
"""


def last_month(months):
    return f"{2026 + (months - 1) // 12}-{(months - 1) % 12 + 1:02}"


def variables(count):
    """Constants with sources, draws, and formulas that read what stands shortly before them."""
    yield HEAD.format(name="variables", last="2028-12")
    yield 'source plan "A plan" { dated = 2025-11-03; trust = medium }'
    for i in range(count // 10):
        a = f"v{max(i - 1, 0)}_"
        b = f"v{i}_"
        yield f'{b}size  : MW_site = {100 + i % 50} MW_site cite plan "page {i}"'
        yield f'{b}rate  = {1 + i % 7}.5 mn USD/MW_site/month cite plan'
        yield f'{b}busy  ~ normal(1, 0.1) drawn monthly assume "as before"'
        yield f'{b}lead  ~ 14 to 24 months assume "as before"'
        yield f'{b}rent  = {b}size * {b}rate'
        yield f'{b}part  = {b}busy * (1 + compound(2%/year, from 2026-01)) / 2 assume "half"'
        yield f'{b}cost  = {b}rent * {b}part + {a}rent * 0.1 assume "a tenth"'
        yield f'{b}late  = if today > 2027-01 + {b}lead then {a}rent else {b}rent'
        yield f'{b}old   = lag({b}cost, 1 month, first 0 USD/month)'
        yield f'{b}best  = max({b}cost, {b}old, {b}late)'
    yield f"report board {{ show v0_best, v{count // 10 - 1}_best by year }}"
    yield f"# {count}"


SHARED = """
busy ~ normal(1, 0.05) drawn monthly assume "made up"
energy_log : number = 0.9 * lag(energy_log, 1 month, first 0) + 0.08 * (busy - 1) assume "made up"
energy = 60 USD/MWh_site * exp(energy_log) assume "made up"

kind hall "A site" assume "made up" {
  size : MW_site
  pace : MW_site/month
  lead : duration
  stock begun : MW_site = 0.4 * size {
    in started = min(pace * busy, (size - begun) / 1 month)
  }
  ready = delay(begun, lead, order 3, first 0.3 * size)
  load  = ready * (0.8 + 0.1 * busy)
  bill  = load * energy
}
"""


def hall(i):
    return (f'hall h{i} assume "made up" {{ size = {300 + i * 37 % 600} MW_site; '
            f"pace = {5 + i % 9} MW_site/month; lead ~ {12 + i % 6} to {20 + i % 8} months }}")


def sites(count, months):
    yield HEAD.format(name="sites", last=last_month(months))
    yield SHARED
    yield 'party grid "Sells power" { outside }'
    yield 'party cloud "Owns the sites" { opening cash = 90 tn USD assume "never short" }'
    for i in range(count):
        yield hall(i)
    yield 'kind supply "Power" between owner and seller assume "made up" { site : hall'
    yield "  every month { pay site.bill from owner to seller as power rank running } }"
    for i in range(count):
        yield f"supply s{i} between cloud and grid {{ site = h{i} }}"
    yield "ready = sum over h in hall: h.ready"
    yield "report board { show ready, cloud.cash by year }"
    yield f"# {5 * count + 5}"


WORLD = """
kind lease "A site by the month" between owner and tenant assume "made up" {
  site : hall
  rate : USD/month/MW_site
  every month { pay site.ready * rate + 1.1 * site.bill from tenant to owner as rent }
}
kind supply "Power" between owner and seller assume "made up" {
  site : hall
  every month { pay site.bill from owner to seller as power rank running }
}
kind works "Halls and chips" between owner and builder assume "made up" {
  site : hall
  every month {
    pay site.started * 9 mn USD/MW_site from owner to builder as building
    pay site.started * 18 mn USD/MW_site from owner to builder as equipment
  }
}
kind site_loan "Lends a part of what a site costs" between lender and borrower assume "made up" {
  site : hall
  rate : 1/year
  stock owed : USD = 0.4 * site.size * 15 mn USD/MW_site
  every month {
    pay site.started * 17 mn USD/MW_site from lender to borrower as borrowing raises owed
    pay owed * rate from borrower to lender as interest rank senior
    pay owed / 80 months from borrower to lender as repayment rank senior lowers owed
  }
}
kind market "What a lab sells" between seller and buyers assume "made up" {
  level : USD/month
  log   : number = lag(log, 1 month, first 0) + 0.004 + 0.03 * noise
  noise ~ normal(0, 1) drawn monthly
  kept  = if seller.defaulted then 0.6 else 1
  sales = level * exp(log) * kept
  every month {
    pay sales from buyers to seller as revenue
    pay 0.2 * sales from seller to buyers as wages rank running
  }
}
"""


def world(count, months):
    labs, clouds, makers, banks = 12, 15, 5, 4
    yield HEAD.format(name="world", last=last_month(months))
    yield SHARED + WORLD
    for name in ("users_a", "users_b", "grid_a", "grid_b"):
        yield f'party {name} "Outside" {{ outside }}'
    for kind, n, cash in (("lab", labs, 3), ("cloud", clouds, 4), ("maker", makers, 9),
                          ("bank", banks, 400)):
        for i in range(n):
            yield (f'party {kind}{i} "{kind} {i}" assume "made up" '
                   f"{{ opening cash = {cash} bn USD }}")
    for i in range(labs):
        yield (f"market m{i} between lab{i} and users_{'ab'[i % 2]} "
               f'assume "made up" {{ level = {count * 0.057:.2f} bn USD/month }}')
    for i in range(count):
        c, f = f"cloud{i % clouds}", f"{{ site = h{i} }}"
        yield hall(i)
        yield (f'lease le{i} between {c} and lab{i % labs} assume "made up" '
               f"{{ site = h{i}; rate = 0.9 mn USD/month/MW_site }}")
        yield f"supply su{i} between {c} and grid_{'ab'[i % 2]} {f}"
        yield f"works wo{i} between {c} and maker{i % makers} {f}"
        yield (f'site_loan lo{i} between bank{i % banks} and {c} assume "made up" '
               f"{{ site = h{i}; rate = {6 + i % 4}%/year }}")
    yield "ready = sum over h in hall: h.ready"
    yield "debt  = sum over l in site_loan: l.owed"
    yield "report board { show ready, debt, lab0.cash, cloud0.cash, lab0.defaulted by year }"
    yield f"# {6 * count + 4 * labs + 6}"


def main():
    makers = {"variables": variables, "sites": sites, "world": world}
    words = sys.argv[1:]
    if len(words) < 2 or words[0] not in makers:
        sys.exit(__doc__)
    numbers = [int(word) for word in words[1:]]
    if words[0] != "variables" and len(numbers) == 1:
        numbers.append(120)
    for line in makers[words[0]](*numbers):
        print(line)


if __name__ == "__main__":
    main()
