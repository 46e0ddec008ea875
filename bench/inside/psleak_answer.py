"""The answer of psleak on one callable, for the scripts that ask other tools."""


def ask_psleak(call):
    """Return whether psleak calls it a leak, and what it says; None if it has no answer.

    It runs `MemoryLeakTestCase.execute` with its defaults, which needs PYTHONMALLOC=malloc.
    """
    import unittest

    import psleak

    class Case(psleak.MemoryLeakTestCase):
        def runTest(self):
            self.execute(call)

    result = unittest.TestResult()
    Case().run(result)
    if result.errors or result.skipped:
        return None, str(result.errors or result.skipped)
    return bool(result.failures), str(result.failures)
