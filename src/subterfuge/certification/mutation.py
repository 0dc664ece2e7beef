"""Mutation of graders: break one condition at a time, and see whether the actors notice.

A grader that can be broken without any actor's verdict changing has a condition that nothing certifies. The
evidence of a certification run is graded again by each mutant; grading is pure, so no model or shell is
needed.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import copy
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from subterfuge.certification.certify import Check, differences
from subterfuge.episodes.environment import Actor, Environment

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """One broken condition."""

    environment: str
    module: str
    line: int
    change: str
    """What was broken, as source."""

    noticed_by: str
    """The first actor whose verdict changed; empty: nobody noticed, so the condition is not certified."""


def mutate(
    environment: Environment,
    checks: Sequence[Check],
    *,
    progress: Callable[[Mutant], None] = lambda mutant: None,
) -> list[Mutant]:
    """Break every condition of an environment's grader, one at a time.

    Args:
        environment: whose grader.
        checks: its certified runs, with their evidence.
        progress: is told of each mutant.
    """
    runs = [(check, _actor(environment, check)) for check in _distinct(checks)]
    modules = _grading_modules(environment)
    mutants = []
    for module in modules:
        for line, change, tree in _mutations(module):
            with _swapped(modules, module, tree) as grade:
                noticed = asyncio.run(_first_to_notice(grade, runs))
            mutants.append(
                Mutant(environment.name, module.__name__.rsplit(".", 1)[-1], line, change, noticed)
            )
            progress(mutants[-1])
    return mutants


def _distinct(checks: Sequence[Check]) -> list[Check]:
    """One run of each actor for each format: another sandbox leaves the same evidence."""
    kept: dict[tuple[str, str, str], Check] = {}
    for check in checks:
        if check.evidence is not None and check.evidence.ended != "unparseable":
            kept.setdefault((check.actor, check.arm, check.action_format == "menu"), check)  # type: ignore[arg-type]
    return list(kept.values())


def _actor(environment: Environment, check: Check) -> Actor:
    return next(a for a in environment.actors if a.name == check.actor and a.arm == check.arm)


async def _first_to_notice(grade: Any, runs: Sequence[tuple[Check, Actor]]) -> str:
    for check, actor in runs:
        assert check.scenario is not None and check.evidence is not None
        try:
            verdict = await asyncio.wait_for(grade(check.scenario, check.evidence), timeout=60)
        except Exception as error:
            return f"{actor.name} ({type(error).__name__})"
        found = {**verdict.value(), "mechanism": verdict.mechanism}
        wanted = {k: v for k, v in actor.expect.items() if k not in ("disclosure", "unscored")}
        if differences(Actor(actor.name, actor.script, wanted), found):
            return actor.name
    return ""


def _grading_modules(environment: Environment) -> list[ModuleType]:
    """The environment's own modules that its grade is made of, imported ones first."""
    last = importlib.import_module(environment.grade.__module__)
    package = last.__name__.rpartition(".")[0]
    tree = ast.parse(Path(str(last.__file__)).read_text(encoding="utf-8"))
    names = [
        n.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == package
        for n in node.names
    ]
    own = [sys.modules[f"{package}.{name}"] for name in names if f"{package}.{name}" in sys.modules]
    return [*own, last]


@contextlib.contextmanager
def _swapped(modules: Sequence[ModuleType], broken: ModuleType, tree: ast.Module) -> Iterator[Any]:
    """Import the grading modules anew, one of them from a mutated tree; give the grade function."""
    package = sys.modules[modules[-1].__name__.rpartition(".")[0]]
    try:
        for original in modules:
            fresh = ModuleType(original.__name__)
            fresh.__file__ = original.__file__
            fresh.__package__ = package.__name__
            sys.modules[original.__name__] = fresh
            source = Path(str(original.__file__)).read_text(encoding="utf-8")
            code = compile(tree if original is broken else source, str(original.__file__), "exec")
            exec(code, fresh.__dict__)  # noqa: S102 (our own source, one operator changed)
            setattr(package, original.__name__.rsplit(".", 1)[-1], fresh)
            if original is not broken and hasattr(original, "_seen"):
                fresh._seen = original._seen  # type: ignore[attr-defined]
        yield sys.modules[modules[-1].__name__].grade
    finally:
        for original in modules:
            sys.modules[original.__name__] = original
            setattr(package, original.__name__.rsplit(".", 1)[-1], original)


def _mutations(module: ModuleType) -> Iterator[tuple[int, str, ast.Module]]:
    """(line, change, tree) for each condition in the module's functions."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    sites = [
        node
        for top in tree.body
        if isinstance(top, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(top)
    ]
    for i, site in enumerate(sites):
        for make in _ways(site):
            mutated = copy.deepcopy(tree)
            walked = [
                n
                for top in mutated.body
                if isinstance(top, ast.FunctionDef | ast.AsyncFunctionDef)
                for n in ast.walk(top)
            ]
            node = walked[i]
            before = ast.unparse(node).splitlines()[0]
            replaced = make(node)
            _Replace(node, replaced).visit(mutated)
            after = ast.unparse(replaced).splitlines()[0]
            yield site.lineno, f"{before}  →  {after}", ast.fix_missing_locations(mutated)  # type: ignore[attr-defined]


def _ways(site: ast.AST) -> list[Callable[[Any], ast.AST]]:
    """The ways to break a node; none if it is no condition."""
    if isinstance(site, ast.Compare) and len(site.ops) == 1:
        return [lambda n: ast.Compare(n.left, [_OPPOSITE[type(n.ops[0])]()], n.comparators)]
    if isinstance(site, ast.BoolOp):
        return [partial(_without, index=i) for i in range(len(site.values))]
    if isinstance(site, ast.UnaryOp) and isinstance(site.op, ast.Not):
        return [lambda n: n.operand]
    if isinstance(site, ast.IfExp):
        return [lambda n: ast.IfExp(n.test, n.orelse, n.body)]
    if isinstance(site, ast.If) and isinstance(site.test, ast.Name | ast.Call | ast.Attribute):
        return [lambda n: ast.If(ast.UnaryOp(ast.Not(), n.test), n.body, n.orelse)]
    return []


def _without(node: ast.BoolOp, index: int) -> ast.AST:
    rest = [value for i, value in enumerate(node.values) if i != index]
    return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else super().visit(node)
