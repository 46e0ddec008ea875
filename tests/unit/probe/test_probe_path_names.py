"""How the path to a container reads, from every kind of root, also where objects are being made or replaced."""

from __future__ import annotations

import functools
import gc
import logging
import sys
import threading
import types
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from leakgate.probe import fork, naming, plain
from leakgate.probe.census import Grown
from leakgate.probe.naming import Root, name_path, name_rootless

HERE = __name__


class Shop:
    orders: list[int] = []

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.maxsize = 0

    def method(self) -> None:
        pass


class Slotted:
    __slots__ = ("kept",)
    kept: list[int]


class Tree:
    def __init__(self, child: object) -> None:
        self.child = child


def keeps_in_a_closure() -> Callable[[], list[int]]:
    kept: list[int] = []

    def inner() -> list[int]:
        return kept

    return inner


def generator() -> Iterator[None]:
    kept = [1]
    yield
    kept.append(1)


async def async_generator() -> AsyncIterator[None]:
    yield


MODULE = Root("module shop", "shop")


def test_an_attribute_of_an_object_in_a_module() -> None:
    shop = Shop()
    path = name_path(MODULE, [{"SHOP": shop}, shop, vars(shop), shop.kept])
    assert (path.root, path.text, path.kind) == ("module shop", "shop.SHOP.kept", "")
    assert id(shop.kept) not in path.above
    assert id(shop) in path.above


def test_the_text_begins_with_the_class_that_holds() -> None:
    path = name_path(MODULE, [{"Shop": Shop}, Shop, gc.get_referents(Shop.__dict__)[0], Shop.orders])
    assert (path.root, path.text) == (f"class {HERE}.Shop", f"{HERE}.Shop.orders")


def test_a_slot_and_an_entry_and_a_bound_method() -> None:
    one = Slotted()
    one.kept = [1]
    assert name_path(MODULE, [{"ONE": one}, one, one.kept]).text == "shop.ONE.kept"
    table = {"customer 7": [1]}
    assert name_path(MODULE, [{"TABLE": table}, table, table["customer 7"]]).text == "shop.TABLE[...]"
    shop = Shop()
    bound = shop.method
    assert name_path(MODULE, [{"CALL": bound}, bound, shop, vars(shop), shop.kept]).text == "shop.CALL.__self__.kept"


def test_a_variable_of_a_closure() -> None:
    function = keeps_in_a_closure()
    (cell,) = function.__closure__ or ()
    path = name_path(MODULE, [{"F": function}, function, function.__closure__, cell, function()])
    name = f"{HERE}.keeps_in_a_closure.<locals>.inner"
    assert (path.root, path.text) == (f"function {name}", f"{name}: kept")
    (stranger,) = keeps_in_a_closure().__closure__ or ()
    assert naming._free_variable(function, stranger) == ""


def test_a_variable_of_a_generator_that_waits() -> None:
    waiting = generator()
    next(waiting)
    kept = waiting.gi_frame.f_locals["kept"]  # type: ignore[attr-defined]
    path = name_path(MODULE, [{"G": waiting}, waiting, kept])
    name = "generator" if not hasattr(generator.__code__, "co_qualname") else generator.__code__.co_qualname
    assert (path.root, path.text) == (f"generator {name}", f"{name}(): kept")
    assert name_path(MODULE, [{"G": waiting}, waiting, object()]).text == f"{name}(): ?"
    frame = waiting.gi_frame  # type: ignore[attr-defined]
    assert name_path(Root("x", "x"), [frame, kept]).root == f"generator {name}"
    waiting.close()  # type: ignore[attr-defined]
    assert name_path(MODULE, [{"G": waiting}, waiting, kept]).text == f"{name}(): ?"


def test_code_is_known_of_what_waits_and_of_frames_only() -> None:
    assert naming.code_of(async_generator()) is async_generator.__code__
    assert naming.code_of(sys._getframe()) is sys._getframe().f_code
    assert naming.code_of(5) is None


def test_a_running_function_is_called_a_frame() -> None:
    kept: list[int] = []
    frame = sys._getframe()
    assert name_path(MODULE, [{}, frame, kept]).root.startswith("frame ")


def test_a_variable_of_a_running_function_that_is_the_root() -> None:
    kept: list[int] = []
    root = Root("frame serve", "serve()", [("other", []), ("kept", kept)])
    assert name_path(root, [kept, [1]]).text == "serve(): kept[...]"
    assert name_path(root, [[], [1]]).text.startswith("serve(): ?")


def test_a_tree_is_named_once_however_deep_it_is() -> None:
    trees = [Tree(None)]
    for _ in range(6):
        trees.append(Tree(trees[-1]))
    trees.reverse()
    chain: list[object] = [{"ROOT": trees[0]}]
    for tree in trees:
        chain += [tree, vars(tree)]
    shallow, deep = name_path(MODULE, chain[:9]), name_path(MODULE, chain)
    assert shallow.text == deep.text == "shop.ROOT"
    assert name_path(MODULE, chain[:5]).text == "shop.ROOT.child"


def test_the_purpose_of_a_dictionary_says_more_than_its_type() -> None:
    @functools.lru_cache(maxsize=30)
    def cached(number: int) -> int:
        return number

    cached(1)
    table = next(one for one in gc.get_referents(cached) if (type(one) is dict and 1 in one) or one == {1: 1})
    path = name_path(MODULE, [{"cached": cached}, cached, table])
    assert (path.kind, path.limit) == ("functools.lru_cache", 30)
    assert naming._limit_of(functools.lru_cache(maxsize=None)(len)) == 0
    shop = Shop()
    assert name_path(MODULE, [{"S": shop}, shop, vars(shop)]).kind == "instance attributes"
    attributes = gc.get_referents(Shop.__dict__)[0]
    assert name_path(MODULE, [{"Shop": Shop}, Shop, attributes]).kind == "class attributes"
    assert name_path(MODULE, [{"T": {}}, {}]).kind == ""


def test_a_limit_is_found_among_the_attributes_of_the_owner() -> None:
    shop = Shop()
    shop.maxsize = 50
    assert name_path(MODULE, [{"SHOP": shop}, shop, vars(shop), shop.kept]).limit == 50
    assert [naming._limit_of(one) for one in ([5], sys, Shop, 5)] == [0, 0, 0, 0]


def test_a_value_that_was_replaced_keeps_the_name_if_it_can_be_only_one() -> None:
    assert naming._key_of({"a": [1], "b": {}}, [2]) == "a"
    assert naming._key_of({"a": [1], "b": [2]}, [3]) is None


def test_attributes_of_threading_local_show_no_inner_dictionaries() -> None:
    local = threading.local()
    local.kept = [1]
    outer: dict[object, object] = {"x": vars(local)}
    text = name_path(MODULE, [{"LOCAL": local}, local, outer, vars(local), local.kept]).text
    assert text == "shop.LOCAL.kept"


def test_without_a_root_the_text_begins_with_the_type() -> None:
    shop = Shop()
    path = name_rootless([shop, vars(shop), shop.kept], "object")
    assert (path.root, path.text) == ("object", f"{HERE}.Shop.kept")


def test_a_long_text_is_cut() -> None:
    assert len(naming.Path("root", "x" * 1_000, [], "").text) == naming._LONGEST_PATH


def test_registries_of_the_standard_library_have_their_names() -> None:
    logging.getLogger("shop")
    found = dict(naming.landmarks())
    assert found["logging.Logger.manager.loggerDict"] is logging.Logger.manager.loggerDict
    assert found["threading._active"] is threading._active  # type: ignore[attr-defined]


def test_the_hooks_of_fork_are_recognised_by_the_probes_own() -> None:
    forks = fork.Forks("/nowhere", str)  # type: ignore[arg-type]
    path = naming.unreferred([len, forks.before])
    assert (path.root, path.text) == ("os.register_at_fork", "hooks of os.register_at_fork")


def test_what_nothing_refers_to_is_named_by_its_entries() -> None:
    class Child(Shop):
        pass

    weak = naming.unreferred([weakref.ref(Child)])
    assert (weak.root, weak.text, weak.kind) == (f"class {HERE}.Shop", f"{HERE}.Shop.__subclasses__()", "weak registry")
    assert naming.unreferred([weakref.ref(Shop())]).text.startswith("list of ")
    assert naming.unreferred([5]).text == "list of int"
    assert naming.unreferred([]).text == "list"


def test_what_is_the_probes_own_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    grown = Grown([], len, [0])
    assert naming.belongs_to_probe(grown)
    assert naming.belongs_to_probe(grown.look)
    assert not naming.belongs_to_probe(Shop())
    assert not naming.belongs_to_probe(sys)
    unnamed = types.ModuleType("x")
    vars(unnamed)["__name__"] = 5
    assert not naming.belongs_to_probe(unnamed)
    monkeypatch.setattr(naming, "__package__", "_leakgate_probe")  # its name inside programs
    assert naming.belongs_to_probe(types.ModuleType("_leakgate_probe.census"))

    def ours() -> Any:
        return sys._getframe()

    assert not naming.belongs_to_probe(ours())
    code = compile("import sys\nframe = sys._getframe()", plain.__file__, "exec")
    space: dict[str, Any] = {}
    exec(code, space)
    assert naming.belongs_to_probe(space["frame"])


def test_code_whose_variables_are_a_namespace_has_none() -> None:
    space: dict[str, Any] = {}
    exec("import sys\nframe = sys._getframe()", space)
    assert naming.variables(space["frame"]) == []


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="from 3.13 on there is no copy of the variables")
@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer, such as coverage, keeps the copy")
def test_the_frame_keeps_no_copy_of_its_variables() -> None:
    class Kept:
        pass

    def running() -> Iterator[None]:
        kept = Kept()
        yield
        del kept
        yield

    waiting = running()
    next(waiting)
    names = [name for name, _ in naming.variables(waiting.gi_frame)]  # type: ignore[attr-defined]
    assert "kept" in names
    alive = weakref.ref(dict(naming.variables(waiting.gi_frame))["kept"])  # type: ignore[attr-defined]
    next(waiting)
    assert alive() is None
