"""Prints what benchmarks/monitor.py measured."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

MILLION = 1_000_000


def number(value: float) -> str:
    """Episodes, as printed."""
    return f"{value:,.0f}" if value < 1e7 else "never"


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table; its first column is the name of the row."""
    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column, justify="right" if made.columns else "left")
    for row in rows:
        made.add_row(*row)
    Console(width=150).print(made)


def show_costs(figures: dict[str, Any], side: str) -> None:
    """Every method of one claim."""
    cap, rates = figures["cap"], list(figures["limit"][side])
    once = figures["fixed"][side]
    rows = [[f"fixed, count {once['count']}", *(f"{cap:,} {once['decided'][r]:.0%}" for r in rates)]]
    rows[0] += [f"{once['wrong']:.4f}", ""]
    for name, row in figures[side].items():
        cells = [
            f"{number(c['mean'])} ({number(c['simulated_mean'])}) {c['decided_by_32768']:.0%}"
            for c in row["rates"].values()
        ]
        wrong = [row.get(f"wrong_by_{by}") for by in (cap, MILLION)]
        errors = [f"{w['exact']:.4f} ({w['simulated']:.3f})" if w else "refused" for w in wrong]
        rows.append([f"{name}, e ≥ {row['threshold_e']:.2f}", *cells, *errors])
    rows.append(["limit", *(number(figures["limit"][side][rate]) for rate in rates), "", ""])
    title = (
        f"{side}: mean episodes (simulated) and share decided by {cap:,}; wrong verdicts at r0 (simulated)"
    )
    table(title, ["method \\ true rate", *rates, f"by {cap:,}", f"by {MILLION:,}"], rows)


def show(figures: dict[str, Any]) -> None:
    """Print everything."""
    cap = figures["cap"]
    for side in ("alarm", "clear"):
        show_costs(figures, side)
    verdicts = ["alarm", "clear", "inconclusive"]
    for key, title in (("monitor", "level 1/α"), ("monitor_calibrated_to_cap", "calibrated to the cap")):
        rows = [
            [f"{row['rate']:.3g}"]
            + [number(row[name]) for name in ("mean", "median", "p95")]
            + [f"{row[name]:.4f}" for name in verdicts]
            for row in figures[key]
        ]
        heading = f"both boundaries in one monitor, cap {cap:,}, {title}; exact"
        table(heading, ["rate", "mean", "median", "p95", *verdicts], rows)
    rules = [(row["rule"], row["by"], row) for row in figures["stopping"]]
    for step, row in figures["fixed_test_repeated"].items():
        rules.append((f"for contrast: a fixed test repeated every {int(step):,}", cap, row))
    rows = [[n, number(by), f"{r['false_alarm']:.4f}", f"{r['false_clear']:.4f}"] for n, by, r in rules]
    table("wrong verdicts at r0 under rules of stopping; exact", ["rule", "by", "alarm", "clear"], rows)
    for side, cells in figures["weights"].items():
        names = [name for name in cells[0] if name != "multiple"]
        rows = [[name, *(number(cell[name]) for cell in cells)] for name in names]
        for name in names[1:]:
            rows.append([f"ours / {name}", *(f"{cell['ours'] / cell[name]:.3f}" for cell in cells)])
        title = f"{side}: mean episodes with other weights, level 1/α; exact"
        table(title, ["true rate / r0", *(f"{cell['multiple']:g}" for cell in cells)], rows)
    for row in figures["intervals"]:
        (low, high), (lower, upper) = row["anytime"], row["fixed"]
        print(f"{row['events']} of {row['n']:,}: at every time {low:.2e} to {high:.2e}, ", end="")
        print(f"for a number fixed beforehand {lower:.2e} to {upper:.2e}")
    for name, seconds in figures["timings"].items():
        print(f"{name}: {1000 * seconds:.0f} ms")
    for row in figures["claims"]:
        mark = "holds" if row["holds"] else "FAILS"
        print(f"{mark}  {row['claim']}: {row['value']:,.5g}, at most {row['at_most']:,.5g}")
