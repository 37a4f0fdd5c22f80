#!/usr/bin/env python3
"""The reference model (reference.gw) in NumPy, every operation over all paths at once.

usage: reference_numpy.py [--paths N] [--seed N] [--rounds N] [--rent X] [--upkeep X]
       [--draws FILE] [--write FILE]

Prints the seconds of each round, the run alone: on the wall, of the processor. With --draws it
takes the normal numbers that `reference draws` wrote, otherwise those of NumPy's own generator.
--write keeps the results in the layout of bench/reference.c.
"""
import argparse
import calendar
import time

import numpy as np

MONTHS = 120
# size, pace, begun, and the lead's 5 % and 95 % points
SITES = np.array([
    [600, 12, 300, 14, 24], [700, 10, 300, 14, 26], [800, 11, 400, 16, 28], [500, 8, 200, 12, 20],
    [900, 13, 400, 16, 30], [650, 9, 300, 14, 24], [750, 9, 300, 18, 30], [550, 7, 200, 14, 26],
], dtype=float)
# part of the cost, rate a year, opening debt
LOANS = np.array([
    [0.60, 0.070, 3e9], [0.70, 0.080, 3e9], [0.65, 0.090, 4e9],
    [0.60, 0.065, 2e9], [0.75, 0.100, 4e9], [0.70, 0.085, 3e9],
])
BORROWING, INTEREST, REPAYMENT = slice(0, 18, 3), slice(1, 18, 3), slice(2, 18, 3)
RENT, WAGES, SALES, POWER, UPKEEP, BUILDING, EQUIPMENT = range(18, 25)
N_SLOTS = 25
RUNNING, TRADE = [POWER, UPKEEP], [BUILDING, EQUIPMENT]
SENIOR = [1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17]
SERIES = ["energy_price", "demand", "ready", "chip_price", "price", "sales", "rent", "debt",
          "lab.cash", "cloud.cash", "lab.defaulted", "cloud.defaulted"]
# Each statement's accounts: what it is to the payer, its payables and cash; the same of the payee.
LENT = ("bank loans", None, "bank cash", "cloud debt", None, "cloud cash")
POSTINGS = [
    (BORROWING, LENT),
    (INTEREST, ("cloud interest", "cloud payables", "cloud cash",
               "bank interest", "bank receivables", "bank cash")),
    (REPAYMENT, ("cloud debt", "cloud payables", "cloud cash",
                "bank loans", "bank receivables", "bank cash")),
    (RENT, ("lab rent", "lab payables", "lab cash",
           "cloud rent", "cloud receivables", "cloud cash")),
    (WAGES, ("lab wages", "lab payables", "lab cash",
            "users sales", "users receivables", "users cash")),
    (SALES, ("users costs", None, "users cash", "lab sales", None, "lab cash")),
    (POWER, ("cloud power", "cloud payables", "cloud cash",
            "grid sales", "grid receivables", "grid cash")),
    (UPKEEP, ("cloud costs", "cloud payables", "cloud cash",
             "grid sales", "grid receivables", "grid cash")),
    (BUILDING, ("cloud plant", "cloud payables", "cloud cash",
               "maker sales", "maker receivables", "maker cash")),
    (EQUIPMENT, ("cloud plant", "cloud payables", "cloud cash",
                "maker sales", "maker receivables", "maker cash")),
]
PARTIES = ["users", "lab", "cloud", "grid", "maker", "bank"]


def split(cash, due):
    """Whole cents pro rata by largest remainder; due is [item, path], cash below its sum."""
    exact = cash * (due / due.sum(axis=0))
    paid = np.floor(exact)
    missing = cash - paid.sum(axis=0)
    place = np.argsort(np.argsort(paid - exact, axis=0, kind="stable"), axis=0)
    return paid + (place < missing)


def pay_rank(slots, cash, due, paid):
    """Pays one rank; returns what is left, and in which paths it was not enough."""
    total = due[slots].sum(axis=0)
    short = total > cash
    if short.any():
        where = np.flatnonzero(short)
        paid[np.ix_(slots, where)] = split(cash[where], due[np.ix_(slots, where)])
    return np.maximum(cash - total, 0), short


class Run:
    """All paths of one run."""

    def __init__(self, paths, leads, rates):
        self.paths = paths
        self.rent_rate, self.upkeep_rate = rates
        low, high = np.log(SITES[:, 3]), np.log(SITES[:, 4])
        spread = (high - low) / (2 * 1.6448536269514726)
        a = 3 / np.exp(((low + high) / 2)[:, None] + spread[:, None] * leads)
        self.p0 = np.exp(-a)
        self.p1 = self.p0 * a
        self.p2 = self.p1 * a / 2
        self.begun = np.repeat(SITES[:, 2:3], paths, axis=1)
        self.stages = [self.begun.copy() for _ in range(3)]
        self.energy_log = np.zeros(paths)
        self.demand_log = np.zeros(paths)
        self.tightness = np.ones(paths)
        self.made = np.zeros(paths)
        self.owed = np.repeat(LOANS[:, 2:3], paths, axis=1)
        self.carry = np.zeros((N_SLOTS, paths))
        self.arrears = np.zeros((N_SLOTS, paths))
        self.lab_defaulted = np.zeros(paths, dtype=bool)
        self.cloud_defaulted = np.zeros(paths, dtype=bool)
        self.staff = 1.0
        self.books = {name: np.zeros(paths) for _, names in POSTINGS
                      for name in names if name}
        for party in ("lab", "cloud"):
            self.books[party + " cash"] += 8e9 * 100
            self.books[party + " equity"] = np.full(paths, -8e9 * 100)
        self.faults = 0
        self.failed = np.zeros(paths, dtype=bool)
        self.kept = np.empty((len(SERIES), MONTHS, paths))
        self.owed_sums = np.zeros((N_SLOTS, MONTHS))
        self.paid_sums = np.zeros((N_SLOTS, MONTHS))

    def build(self, appetite):
        """Starts building and lets the delay answer: what starts at each site, what is ready."""
        first, second, third = self.stages
        p0, p1, p2, begun = self.p0, self.p1, self.p2, self.begun
        self.stages = [p0 * first + begun * (1 - p0),
                       (p0 * second + p1 * first) + begun * (1 - (p0 + p1)),
                       (p0 * third + p1 * second + p2 * first) + begun * (1 - (p0 + p1 + p2))]
        started = np.minimum(SITES[:, 1:2] * appetite, SITES[:, 0:1] - begun)
        self.begun = begun + started
        return started, self.stages[2].sum(axis=0)

    def month(self, t, z):
        """One month of all paths; z is [shock, path]."""
        self.energy_log = 0.9 * self.energy_log + 0.08 * z[0]
        self.demand_log = self.demand_log + 0.008 + 0.03 * z[1]
        energy_price = 60 * 730.5 * np.exp(self.energy_log)
        demand = 2500 * np.exp(self.demand_log)
        appetite = np.where(self.cloud_defaulted, 0, np.clip(4 * self.tightness - 3, 0, 1.5))
        starts, ready = self.build(appetite)
        started = starts.sum(axis=0)
        self.made += started
        chip_price = 20e6 * ((2400 + self.made) / 2400) ** -0.3 * np.exp(0.05 * z[2])
        self.tightness = demand / ready
        price = 2.6e6 * np.clip(self.tightness, 0.5, 1.6) ** 0.8 * np.exp(0.04 * z[3])
        sales = np.minimum(demand, ready) * price * np.where(self.lab_defaulted, 0.7, 1)
        power = ready * energy_price
        rent = ready * self.rent_rate + 1.1 * power
        debt = self.owed.sum(axis=0)
        self.staff *= 1.02 ** (1 / 12)

        fresh = np.empty((N_SLOTS, self.paths))
        fresh[BORROWING] = LOANS[:, 0:1] * starts[:6] * (9e6 + chip_price)
        fresh[INTEREST] = self.owed * (LOANS[:, 1:2] / 12)
        fresh[REPAYMENT] = self.owed / 60
        fresh[RENT] = rent
        fresh[WAGES] = 0.9e9 * self.staff
        fresh[SALES] = sales
        fresh[POWER] = power * (calendar.monthrange(2026 + t // 12, t % 12 + 1)[1] / 30.4375)
        fresh[UPKEEP] = ready * self.upkeep_rate
        fresh[BUILDING] = started * 9e6
        fresh[EQUIPMENT] = started * chip_price
        self.settle(t, fresh)
        for i, series in enumerate((energy_price, demand, ready, chip_price, price, sales, rent,
                                    debt, self.books["lab cash"] / 100,
                                    self.books["cloud cash"] / 100, self.lab_defaulted,
                                    self.cloud_defaulted)):
            self.kept[i, t] = series

    def settle(self, t, fresh):
        """Cents, clearing, arrears, postings and sums of one month."""
        exact = fresh * 100 + self.carry
        fresh = np.rint(exact)
        self.carry = exact - fresh
        late = self.arrears[REPAYMENT]  # counts in the loan until it is paid: owed once
        left = np.maximum(np.rint(self.owed * 100) - late, 0)
        fresh[REPAYMENT] = np.where(late > 0, np.minimum(fresh[REPAYMENT], left), fresh[REPAYMENT])
        self.failed |= ~((fresh >= 0) & (fresh < 2.0 ** 53)).all(axis=0)
        due = fresh + self.arrears
        paid = due.copy()

        left, no_wages = pay_rank([WAGES], self.books["lab cash"] + paid[SALES], due, paid)
        left, no_rent = pay_rank([RENT], left, due, paid)
        self.lab_defaulted = self.lab_defaulted | no_wages | no_rent
        left = self.books["cloud cash"] + paid[RENT] + paid[BORROWING].sum(axis=0)
        for slots in (RUNNING, SENIOR, TRADE):
            left, short = pay_rank(slots, left, due, paid)
            self.cloud_defaulted = self.cloud_defaulted | short

        self.arrears = due - paid
        self.post(fresh, paid)
        self.owed_sums[:, t] = fresh.sum(axis=1)
        self.paid_sums[:, t] = paid.sum(axis=1)
        self.owed = np.maximum(self.owed + (paid[BORROWING] / 100 - paid[REPAYMENT] / 100), 0)

    def post(self, fresh, paid):
        """What was due and what was paid, in the books of both; debits are above zero."""
        books = self.books
        for slots, names in POSTINGS:
            accrued, settled = fresh[slots], paid[slots]
            if accrued.ndim > 1:
                accrued, settled = accrued.sum(axis=0), settled.sum(axis=0)
            books[names[0]] += accrued
            books[names[3]] -= accrued
            books[names[2]] -= settled
            books[names[5]] += settled
            if names[1]:
                books[names[1]] -= accrued - settled
                books[names[4]] += accrued - settled
        for party in PARTIES:
            total = sum(book for name, book in books.items() if name.startswith(party))
            self.faults += np.count_nonzero(total)


def run(paths, seed, draws, rates):
    """All months of all paths."""
    if draws is None:
        generator = np.random.default_rng(seed)
        whole = Run(paths, generator.standard_normal((len(SITES), paths)), rates)
        for t in range(MONTHS):
            whole.month(t, generator.standard_normal((4, paths)))
    else:
        monthly = draws[: 4 * MONTHS * paths].reshape(4, MONTHS, paths)
        whole = Run(paths, draws[4 * MONTHS * paths:].reshape(len(SITES), paths), rates)
        for t in range(MONTHS):
            whole.month(t, monthly[:, t])
    return whole


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--paths", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--draws")
    options.add_argument("--rent", type=float, default=1.4e6)
    options.add_argument("--upkeep", type=float, default=0.7e6)
    options.add_argument("--write")
    chosen = options.parse_args()
    draws = None
    if chosen.draws:
        draws = np.fromfile(chosen.draws)
        chosen.paths, draws = int(draws[0]), draws[1:]

    whole = None
    for _ in range(chosen.rounds):
        del whole
        wall, processor = time.perf_counter(), time.process_time()
        whole = run(chosen.paths, chosen.seed, draws, (chosen.rent, chosen.upkeep))
        print(f"{time.perf_counter() - wall:.6f} {time.process_time() - processor:.6f}")

    if chosen.write:
        with open(chosen.write, "wb") as out:
            header = [chosen.paths, np.count_nonzero(whole.failed), whole.faults, 0]
            np.array(header, dtype=float).tofile(out)
            whole.kept.tofile(out)
            (whole.owed_sums / chosen.paths / 100).tofile(out)
            (whole.paid_sums / chosen.paths / 100).tofile(out)


if __name__ == "__main__":
    main()
