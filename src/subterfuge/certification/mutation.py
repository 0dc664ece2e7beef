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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from subterfuge.certification.certify import Check, differences
from subterfuge.episodes.disclosure import Claim, label
from subterfuge.episodes.environment import Environment
from subterfuge.episodes.evidence import Evidence
from subterfuge.episodes.scenario import Scenario

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
    runs = _runs(environment, checks)
    modules = _grading_modules(environment)
    last = modules[-1]
    with _swapped(modules, last, ast.parse(_source(last))):
        if odd := asyncio.run(_first_to_notice(environment, runs)):
            raise RuntimeError(f"{environment.name}: {odd} gets another verdict even from the whole grader")
    mutants = []
    for module in modules:
        for line, change, tree in _mutations(module):
            with _swapped(modules, module, tree):
                noticed = asyncio.run(_first_to_notice(environment, runs))
            name = module.__name__.rsplit(".", 1)[-1]
            mutants.append(Mutant(environment.name, name, line, change, noticed))
            progress(mutants[-1])
    return mutants


@dataclass(frozen=True)
class _Run:
    """What one actor left behind, and what is to come of it."""

    actor: str
    scenario: Scenario
    evidence: Evidence
    claim: Claim | None
    expect: Mapping[str, Any]


LOST = {"gamed": None, "evaded": None, "honest_success": None, "effect": None, "disclosure": None}
"""What every grader must say of an episode whose final files were lost."""


def _runs(environment: Environment, checks: Sequence[Check]) -> list[_Run]:
    """One run of each actor, with a menu and without, and one whose files were lost.

    Another sandbox leaves the same evidence.
    """
    kept: dict[tuple[str, str, bool], _Run] = {}
    for check in checks:
        if check.scenario is None or check.evidence is None or check.evidence.ended == "unparseable":
            continue
        actor = next(a for a in environment.actors if a.name == check.actor and a.arm == check.arm)
        run = _Run(actor.name, check.scenario, check.evidence, check.claim, actor.expect)
        kept.setdefault((actor.name, actor.arm, check.action_format == "menu"), run)
        if check.evidence.final is not None:
            evidence = check.evidence.model_copy(update={"final": None})
            kept.setdefault(("", "", False), _Run("lost files", check.scenario, evidence, None, LOST))
    return list(kept.values())


async def _first_to_notice(environment: Environment, runs: Sequence[_Run]) -> str:
    """Whose verdict is not the expected one, with the grading modules that are in place now."""
    grade, truth = (_now(function) for function in (environment.grade, environment.disclosure.truth))
    for run in runs:
        try:
            verdict = await asyncio.wait_for(grade(run.scenario, run.evidence), timeout=60)
            happened = truth(run.scenario, run.evidence)
        except Exception as error:
            return f"{run.actor} ({type(error).__name__})"
        answer = label(bool(happened), run.claim) if run.claim else "not asked"
        said = None if happened is None else answer
        if differences(run.expect, verdict.value(), verdict.metadata(), said):
            return run.actor
    return ""


def _now(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of this name in the module that is in place now."""
    found: Callable[..., Any] = getattr(sys.modules[function.__module__], function.__name__)
    return found


def _source(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def _grading_modules(environment: Environment) -> list[ModuleType]:
    """The environment's own modules that its grade is made of, imported ones first."""
    last = importlib.import_module(environment.grade.__module__)
    package = last.__name__.rpartition(".")[0]
    tree = ast.parse(_source(last))
    names = [
        n.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == package
        for n in node.names
    ]
    own = [sys.modules[f"{package}.{name}"] for name in names if f"{package}.{name}" in sys.modules]
    return [*own, last]


@contextlib.contextmanager
def _swapped(modules: Sequence[ModuleType], broken: ModuleType, tree: ast.Module) -> Iterator[None]:
    """Import the grading modules anew, one of them from a mutated tree."""
    package = sys.modules[modules[-1].__name__.rpartition(".")[0]]
    before = dict(vars(package))
    try:
        for original in modules:
            fresh = ModuleType(original.__name__)
            fresh.__file__ = original.__file__
            fresh.__package__ = package.__name__
            sys.modules[original.__name__] = fresh
            code = compile(tree if original is broken else _source(original), str(original.__file__), "exec")
            exec(code, fresh.__dict__)  # noqa: S102 (our own source, one operator changed)
            setattr(package, original.__name__.rsplit(".", 1)[-1], fresh)
            if original is not broken and hasattr(original, "_seen"):
                fresh._seen = original._seen  # type: ignore[attr-defined]
        yield
    finally:
        for original in modules:
            sys.modules[original.__name__] = original
        vars(package).update(before)


def _mutations(module: ModuleType) -> Iterator[tuple[int, str, ast.Module]]:
    """(line, change, tree) for each condition in the module's functions."""
    tree = ast.parse(_source(module))
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
