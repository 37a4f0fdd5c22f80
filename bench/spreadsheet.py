#!/usr/bin/env python3
"""Writes the formulas of plain.gw as a spreadsheet: a path a column, nine rows a month.

usage: bench/spreadsheet.py FILE.fods PATHS

A flat OpenDocument file (OASIS OpenDocument 1.2, OpenFormula) of two sheets. `paths` draws with
RAND() as a spreadsheet's user would; `results` has mean, standard deviation and the quantiles 0.05,
0.25, 0.5, 0.75 and 0.95 of chip_price, price and profit in the last month, a row each.
"""
import sys
from xml.sax.saxutils import escape

MONTHS = 120
ROWS = ('energy_log', 'demand_log', 'started', 'begun', 'ready', 'tightness', 'chip_price', 'price',
        'profit')
BEFORE_THE_FIRST = {'energy_log': '0', 'demand_log': '0', 'begun': '2400', 'ready': '2400',
                    'tightness': '1', 'profit': '0'}
RESULTS = ('chip_price', 'price', 'profit')
SHOCK = 'LEGACY.NORMSINV(RAND())'
HEAD = ('<?xml version="1.0" encoding="UTF-8"?><office:document'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.2"'
        ' office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'
        '<office:body><office:spreadsheet>')
TAIL = '</office:spreadsheet></office:body></office:document>'


def column(n):
    """The letters of column n, counted from 0."""
    letters = ''
    while n >= 0:
        letters = chr(ord('A') + n % 26) + letters
        n = n // 26 - 1
    return letters


def row(month, name):
    return month * len(ROWS) + ROWS.index(name) + 1


def formulas(now, before):
    """A month's formulas by row, over the names of its own cells and of the month before."""
    demand = f'2500*EXP({now["demand_log"]})'
    cost = f'(0.7+0.04383*EXP({now["energy_log"]}))'
    return {
        'energy_log': f'0.9*{before["energy_log"]}+0.08*{SHOCK}',
        'demand_log': f'{before["demand_log"]}+0.008+0.03*{SHOCK}',
        'started': f'MIN(80*MAX(0;MIN(1.5;4*{before["tightness"]}-3));5450-{before["begun"]})',
        'begun': f'{before["begun"]}+{now["started"]}',
        'ready': f'0.95*{before["ready"]}+0.05*{before["begun"]}',
        'tightness': f'{demand}/{now["ready"]}',
        'chip_price': f'20*({now["begun"]}/2400)^(-0.3)*EXP(0.05*{SHOCK})',
        'price': f'2.6*MAX(0.5;MIN(1.6;{now["tightness"]}))^0.8*EXP(0.04*{SHOCK})',
        'profit': f'{before["profit"]}+MIN({demand};{now["ready"]})*{now["price"]}'
                  f'-{now["ready"]}*{cost}-{now["started"]}*(9+{now["chip_price"]})',
    }


def table_row(cells):
    made = ''.join(f'<table:table-cell table:formula="of:={escape(cell)}"/>' for cell in cells)
    return f'<table:table-row>{made}</table:table-row>\n'


def paths_sheet(n_paths):
    columns = [column(path) for path in range(n_paths)]
    before = [BEFORE_THE_FIRST] * n_paths
    for month in range(MONTHS):
        now = [{name: f'[.{letters}{row(month, name)}]' for name in ROWS} for letters in columns]
        cells = [formulas(*both) for both in zip(now, before)]
        for name in ROWS:
            yield table_row(cell[name] for cell in cells)
        before = now


def results_sheet(n_paths):
    for name in RESULTS:
        at = row(MONTHS - 1, name)
        cells = f'[paths.A{at}:.{column(n_paths - 1)}{at}]'
        yield table_row([f'AVERAGE({cells})', f'STDEV({cells})'] +
                        [f'PERCENTILE({cells};{p})' for p in (0.05, 0.25, 0.5, 0.75, 0.95)])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    n_paths = int(sys.argv[2])
    with open(sys.argv[1], 'w', encoding='utf-8') as file:
        file.write(HEAD)
        for name, sheet in (('paths', paths_sheet), ('results', results_sheet)):
            file.write(f'<table:table table:name="{name}">')
            file.writelines(sheet(n_paths))
            file.write('</table:table>')
        file.write(TAIL)


if __name__ == '__main__':
    main()
