"""Trees are plain data: to JSON and back without loss, and what changed between two of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from subterfuge.jail import Directory, File, Link, Node, Tree, Unreadable, changed, tree

nodes = st.one_of(
    st.binary().map(lambda data: File(data=data)),
    st.text().map(lambda text: File(data=text.encode(errors="replace"))),
    st.text(st.characters(exclude_categories=["Cs"])).map(lambda target: Link(target=target)),
    st.just(Directory()),
    st.just(Unreadable(reason="why")),
)
trees = st.dictionaries(
    st.lists(st.text("abc", min_size=1), min_size=1).map(lambda p: "/" + "/".join(p)), nodes
)


@given(nodes)
def test_node_survives_json(node: Node) -> None:
    adapter: TypeAdapter[Node] = TypeAdapter(Node)
    assert adapter.validate_json(adapter.dump_json(node)) == node


@given(trees)
def test_tree_survives_json_sorted(files: dict[str, Node]) -> None:
    made = tree(files)
    adapter: TypeAdapter[Tree] = TypeAdapter(Tree)
    assert adapter.validate_json(adapter.dump_json(made)) == made
    assert list(made) == sorted(made)


def test_json_is_legible() -> None:
    assert File(data="é".encode()).model_dump() == {"kind": "file", "text": "é"}
    assert File(data=b"\xff").model_dump() == {"kind": "file", "base64": "/w=="}
    assert File(data=b"\xff").text is None


@given(trees)
def test_nothing_changed_from_itself(files: dict[str, Node]) -> None:
    assert changed(tree(files), tree(files)) == {}


def test_changed() -> None:
    before = tree({"/a": "1", "/b": "2", "/c": "3", "/d/x": "4", "/e": Directory()})
    after = tree({"/a": "1", "/b": "two", "/c/new": "3", "/d": Directory(), "/e/filled": "5"})
    assert changed(before, after) == {
        "/b": File(data=b"two"),
        "/c": Directory(),
        "/c/new": File(data=b"3"),
        "/d": Directory(),
        "/d/x": None,
        "/e/filled": File(data=b"5"),
    }


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a//b", "/a/", "/nul\0"])
def test_only_normal_absolute_paths(path: str) -> None:
    with pytest.raises(ValueError, match="absolute, normal path"):
        tree({path: "x"})
