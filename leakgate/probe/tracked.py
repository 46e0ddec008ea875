"""The objects that the collector knows, chosen by their type, in one call of C functions.

A tuple that `tuple(iterable)` still fills is tracked already. CPython refuses to resize it if there is another
reference to it: the program would end with a SystemError (Objects/tupleobject.c, `_PyTuple_Resize`). So a list that
`gc` returns must never be alive while another thread runs. One chain of C iterators ensures this: it asks `gc` twice,
once for the objects and once for their types. Both answers are alike, because no other code runs in between.

Among the young objects are the iterators of the chain and the lists themselves. All iterators are read to their end,
because they then drop the lists. Otherwise they would form a cycle that refers to all objects. Only the collector could
free this cycle. It would also clear objects that the program has dropped in the meantime, and Python 3.12 crashes if
one of them is the buffer of a `BytesIO`.
"""

from __future__ import annotations

from itertools import chain, compress, repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def select(
    get_objects: Callable[[int], list[Any]],
    generations: tuple[int, ...],
    test: Callable[[object, object], bool],
    kind: type,
) -> list[Any]:
    """Return the objects of these generations for whose type `test(type, kind)` is true. `test` is a C function."""
    things = chain.from_iterable(map(get_objects, generations))
    chosen = map(test, map(type, chain.from_iterable(map(get_objects, generations))), repeat(kind))
    return list(chain(compress(things, chosen), compress(things, repeat(0)), compress(chosen, repeat(0))))
