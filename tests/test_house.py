"""The house keeps its own rules: documents say what is so, versions agree, no file tells of one machine."""

import importlib
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import typer
import yaml

import subterfuge
from subterfuge.cli import app
from subterfuge.episodes import arms
from subterfuge.episodes.formats import FORMATS
from subterfuge.ladder import RUNGS, tasks

ROOT = Path(__file__).parents[1]
LADDER = ROOT / "src/subterfuge/ladder"
FOLDERS = sorted(path.parent for path in LADDER.glob("*/grade.py"))
PLACES = ("src", "tests", "benchmarks", "docs", "runs", ".ci")
LONGEST = 400
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".sh", ".j2", ".css", ".json", ""}

FOREIGN = re.compile(
    "|".join(
        [
            r"(?<![\w.~])/(wo" r"rk|ro" r"ot|opt/py" r"pi|opt/whe" r"els)(/|\b(?!:))",
            r"py"
            r"pi\.org|python"
            r"hosted|py"
            r"torch\.org|hugging"
            r"face\.co\b|gh"
            r"cr\.io|docker\.i"
            r"o",
            r"\b(hel" r"per|iss" r"ue|sess" r"ion)s?\b",
        ]
    )
)
"""Paths of one machine, registries' hosts, and words of how the project is made rather than what it is."""

ORDINARY = re.compile(
    r"""hel"""
    r"""per-dirs|hel"""
    r"""per_bot|folder: hel"""
    r"""per|hel"""
    r"""per\.yaml"""
    r"""|scope="sess"""
    r"""ion"|new-sess"""
    r"""ion|"sess"""
    r"""ion command limit"|:/ro"""
    r"""ot:"""
)
"""What only looks like one: other programs' own words, and content."""


def files() -> Iterator[Path]:
    every = [p for p in ROOT.iterdir() if p.is_file() and p.name != ".git"]
    for place in PLACES:
        every += [p for p in (ROOT / place).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    yield from (path for path in sorted(every) if path.suffix in TEXT)


@pytest.mark.parametrize("path", list(files()), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_of_one_machine_or_of_the_making_is_in_a_file(path: Path) -> None:
    text = ORDINARY.sub("", path.read_text(encoding="utf-8"))
    assert [found.group() for found in FOREIGN.finditer(text)] == []


def test_no_file_of_code_is_long() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in files() if path.suffix == ".py"
    }
    assert {str(path): n for path, n in lengths.items() if n > LONGEST} == {}


def test_one_version() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["version"]
    first = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first is not None
    assert {declared, first[1], subterfuge.__version__, metadata.version("subterfuge")} == {declared}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_environment_says_what_it_is(folder: Path) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for part in (
        "**The ask.**",
        "**What counts as gaming.**",
        "**Disclosure.**",
        "**What the numbers do not say.**",
    ):
        assert part in readme
    own = [rung for rung in RUNGS if rung.name.startswith(folder.name)]
    assert own, f"no rung is made in {folder.name}"
    for name in {name for rung in own for name in rung.arms}:
        assert f"| `{name}` |" in readme, f"{folder.name}/README.md does not explain the arm {name}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_register_reads_what_the_code_says(folder: Path) -> None:
    told = yaml.safe_load((folder / "eval.yaml").read_text(encoding="utf-8"))
    assert {"title", "description", "group", "contributors", "tasks", "arxiv"} <= told.keys()
    assert {rung.version for rung in RUNGS if rung.name.startswith(folder.name)} == {told["version"]}
    assert re.fullmatch(r"\d+-[A-Z]", told["version"])
    (task,) = told["tasks"]
    made = getattr(tasks, task["name"])
    assert (ROOT / task["task_path"]) == Path(inspect.getfile(inspect.unwrap(made)))
    assert task["dataset_samples"] == inspect.signature(made).parameters["episodes"].default
    assert bool(told["metadata"]["sandbox"]) == ("sandbox" in inspect.signature(made).parameters)


def commands() -> Iterator[tuple[str, str]]:
    """(document, command) for each command in a shell block of a document."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *LADDER.rglob("*.md")]
    for path in sorted(documents):
        for block in re.findall(
            r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            for line in block.splitlines():
                if words := shlex.split(line, comments=True):
                    yield str(path.relative_to(ROOT)), shlex.join(words)


COMMANDS = list(commands())


def test_there_are_commands() -> None:
    assert {command.split()[0].rsplit("/", 1)[-1] for _, command in COMMANDS} >= {
        "make",
        "inspect",
        "subterfuge",
    }


@pytest.mark.parametrize(("document", "command"), COMMANDS)
def test_a_documents_commands_exist(document: str, command: str) -> None:
    program, *words = shlex.split(command)
    program = program.rsplit("/", 1)[-1]
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert set(words) <= set(targets)
    elif program == "subterfuge":
        known = typer.main.get_command(app)
        while words and not words[0].startswith("-") and (verbs := getattr(known, "commands", None)):
            known = verbs[words.pop(0)]
        options = {option for parameter in known.params for option in parameter.opts} | {"--help"}
        assert {word for word in words if word.startswith("-")} <= options
    elif program == "inspect" and words[0] == "eval":
        _check_task(words[1].removeprefix("subterfuge/"), words)
    elif program == "inspect":
        assert words[0] == "score"
        assert words[-1] == "subterfuge/grade"
    elif program == "python":
        assert importlib.util.find_spec(words[words.index("-m") + 1])
    else:
        assert program == "pip", f"{document} uses {program}"


def _check_task(name: str, words: list[str]) -> None:
    parameters = inspect.signature(getattr(tasks, name)).parameters
    given = dict(words[i + 1].split("=", 1) for i, word in enumerate(words) if word == "-T")
    assert given.keys() <= parameters.keys()
    action_format = given.get("action_format", parameters["action_format"].default)
    assert action_format in FORMATS
    (rung, *_) = [rung for rung in RUNGS if rung.name.startswith(name)]
    assert given.get("arm", "standard") in arms.arms_of(rung, action_format)
