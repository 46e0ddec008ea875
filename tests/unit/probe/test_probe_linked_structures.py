"""Structures of objects that refer to each other: which objects belong to them, and where a path meets them."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import linked, paths
from leakgate.probe.linked import Structure
from leakgate.probe.naming import Root
from tests.helpers.answer_rows import holders, notes
from tests.unit.probe.stepwise import explained

_NEAREST = 500


class Node:
    def __init__(self, before: object = None) -> None:
        self.before = before


def chain_of(length: int) -> list[Node]:
    """Nodes of which each refers to the one before."""
    nodes = [Node()]
    for _ in range(length - 1):
        nodes.append(Node(nodes[-1]))
    return nodes


def with_namespaces(things: list[Any]) -> list[Any]:
    """Objects and their dictionaries of attributes, if the collector lists these: before Python 3.11, each has one."""
    listed = [(thing, [one for one in gc.get_referents(thing) if type(one) is dict]) for thing in things]
    return [one for thing, namespaces in listed for one in (thing, *namespaces)]


def structure_of(things: list[Any], known: int, containers: tuple[object, ...] = ()) -> Structure:
    """The structure of objects of which the first `known` were there before."""
    members = with_namespaces(things)
    made = Structure(members, set(map(id, with_namespaces(things[:known]))))
    assert all(wait == 0.0 for wait in made.connect(containers))
    return made


def walk_to(*roots: tuple[str, object]) -> paths.Walk:
    """A walk that has reached these objects, and the nearest ones to which they lead."""
    walk = paths.Walk()
    for name, thing in roots:
        walk._enter(thing, -1, Root("module shop", "shop." + name))
    for at in range(_NEAREST):
        if at < len(walk.things):
            walk._expand(at, set())
    return walk


def test_the_newest_object_of_a_chain_leads_to_all_others() -> None:
    nodes = chain_of(40)
    found = structure_of(nodes, 10)
    assert (found.is_empty, found.given_up) == (False, False)
    assert found.leads(nodes[-1])
    assert not found.leads(nodes[5])
    assert not found.leads(object())
    assert found.topmost() is nodes[-1]
    assert found.kind() is Node
    assert found.bytes_each(Node) > 16
    assert found.entry(walk_to(("TOP", nodes[-1]))) is nodes[-1]


def test_tuples_between_the_objects_are_followed() -> None:
    nodes = [Node()]
    for _ in range(30):
        nodes.append(Node(((nodes[-1],), 5)))
    found = structure_of(nodes, 5)
    assert found.topmost() is nodes[-1]
    deep = Node(((((nodes[-1],),),),))
    assert found._children(deep) == []


def test_a_ring_has_no_topmost_object() -> None:
    nodes = chain_of(40)
    nodes[0].before = nodes[-1]
    found = structure_of(nodes, 10)
    assert not found.is_empty
    assert found.topmost() is None
    assert [one for one in found._grown() if type(one) is Node] == nodes[10:]


def test_what_a_growing_container_leads_to_is_no_structure() -> None:
    nodes = chain_of(40)
    assert structure_of(nodes, 10, (nodes,)).is_empty
    assert structure_of(nodes[:12], 10).is_empty  # too few new ones


def test_a_structure_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "_MOST_CPU_S", -1.0)
    found = structure_of(chain_of(40), 10)
    assert (found.given_up, found.is_empty) == (True, True)


def test_no_object_is_named_where_none_leads_to_half_of_the_new_ones() -> None:
    chains = [chain_of(20) for _ in range(5)]
    members = [node for nodes in chains for node in nodes]
    found = structure_of(members, 0)
    walk = walk_to(*((f"TOP{at}", nodes[-1]) for at, nodes in enumerate(chains)))
    assert found.entry(walk) is None
    assert found.topmost() is not None


def test_dictionaries_of_attributes_are_no_entries() -> None:
    nodes = chain_of(40)
    left_behind = vars(Node(nodes[-1]))  # the object is gone, so it holds the attributes in every Python
    found = structure_of([*nodes, left_behind], 4)
    assert found.leads(left_behind)
    assert found.entry(walk_to(("vars", left_behind))) is nodes[-1]
    assert found.kind() is Node


def test_a_path_ends_at_the_newest_part_also_if_it_was_put_on_top_after_the_members_were_listed() -> None:
    class Owner:
        newest: Node

    nodes = chain_of(40)
    found = structure_of(nodes, 10)
    Owner.newest = newest = Node(((Node(nodes[-1]),), 5))
    walk = walk_to(("Owner", Owner))
    chain = walk.chain_to(found.entry(walk))
    assert chain is not None
    assert chain[-1] is nodes[-1]
    assert found.up_to_newest(chain)[-1] is newest
    assert found.up_to_newest([nodes[0]]) == [nodes[0]]


def test_a_structure_of_builtin_objects_has_their_type() -> None:
    lists: list[list[Any]] = [[]]
    for _ in range(40):
        lists.append([lists[-1]])
    assert structure_of(lists, 4).kind() is list


STACK = """
class Node:
    def __init__(self, before):
        self.before = before

class Stack:
    top = None

def step(number):
    Stack.top = Node(Stack.top)
"""


def test_the_program_that_grows_a_chain_is_explained(tmp_path: Path) -> None:
    rows = explained(tmp_path, STACK)
    (row,) = holders(rows).values()
    assert (row["path"], row["entry_type"], row["linked"]) == ("Stack.top", "Node", True)
    assert row["lengths"] == sorted(set(row["lengths"]))
    assert rows[-2]["kind"] == "looked"


CHAIN = """
class Node:
    def __init__(self, before):
        self.before = before

TOP = None

def step(number):
    global TOP
    TOP = Node(TOP)
"""
"""A program that puts a new node on top of the others in each step."""

LATE = f"""{CHAIN}
def begin(probe):
    probe.linked._MOST_CPU_S = -1.0
"""


def test_it_says_where_the_search_was_not_finished(tmp_path: Path) -> None:
    rows = explained(tmp_path, LATE)
    assert any("linked objects was not found in time" in note for note in notes(rows))
    assert all(row["kind"] != "looked" for row in rows)
