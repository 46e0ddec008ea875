"""Types of Python's own objects. `types` names them too, but a program may have a `types.py` of its own."""

from __future__ import annotations

import sys
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import (
        AsyncGeneratorType,
        BuiltinFunctionType,
        CellType,
        CodeType,
        CoroutineType,
        FrameType,
        FunctionType,
        GeneratorType,
        GetSetDescriptorType,
        MappingProxyType,
        MemberDescriptorType,
        MethodType,
        ModuleType,
        TracebackType,
    )
    from weakref import ReferenceType
else:

    def _function(cell):
        return lambda: cell

    def _generator():  # pragma: no cover - only its type is needed, as of the next three functions
        yield

    async def _coroutine():  # pragma: no cover
        pass

    async def _async_generator():  # pragma: no cover
        yield

    class _Class:
        __slots__ = ("slot",)

        def method(self):  # pragma: no cover
            pass

    _waiting = _coroutine()
    _waiting.close()
    _waiting_generator = _generator()
    AsyncGeneratorType = type(_async_generator())
    BuiltinFunctionType = type(len)
    CellType = type(_function(0).__closure__[0])
    CodeType = type(_function.__code__)
    CoroutineType = type(_waiting)
    FrameType = type(_waiting_generator.gi_frame)  # a hook of the program may refuse `sys._getframe`
    FunctionType = type(_function)
    GeneratorType = type(_waiting_generator)
    GetSetDescriptorType = type(FunctionType.__code__)
    MappingProxyType = type(_Class.__dict__)
    MemberDescriptorType = type(_Class.slot)
    MethodType = type(_Class().method)
    ModuleType = type(sys)
    ReferenceType = ref
    try:
        [].pop()
    except IndexError as _error:
        TracebackType = type(_error.__traceback__)
    del _function, _generator, _coroutine, _async_generator, _Class, _waiting, _waiting_generator

__all__ = [
    "AsyncGeneratorType",
    "BuiltinFunctionType",
    "CellType",
    "CodeType",
    "CoroutineType",
    "FrameType",
    "FunctionType",
    "GeneratorType",
    "GetSetDescriptorType",
    "MappingProxyType",
    "MemberDescriptorType",
    "MethodType",
    "ModuleType",
    "ReferenceType",
    "TracebackType",
]
