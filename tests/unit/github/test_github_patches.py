"""Which lines a patch adds, whatever its author wrote into it."""

from hypothesis import given
from hypothesis import strategies as st

from leakgate.github.patches import MOST_CHARS, changed_file

PATCH = """\
@@ -1,4 +1,5 @@ def handle():
 import time
-kept = []
+kept = {}
+names = []
 def handle(request):
     kept.append(request)
@@ -40 +41,2 @@
-    return 1
+    kept[request] = 2
+    return 2
\\ No newline at end of file"""


def test_added_lines_are_numbered_as_in_the_new_file() -> None:
    file = changed_file(PATCH)
    assert file.added == (range(2, 4), range(41, 43))
    assert [line for line in range(1, 50) if file.adds(line)] == [2, 3, 41, 42]


def test_lines_of_code_that_look_like_a_patch_change_nothing() -> None:
    assert changed_file("@@ -0,0 +1,3 @@\n++++ b/x\n+@@ -1 +900 @@\n+--- a/x").added == (range(1, 4),)


def test_without_a_usable_patch_only_the_change_is_known() -> None:
    for patch in (None, "+" * (MOST_CHARS + 1), "@@ -1 +999999999 @@\n+x"):
        assert not changed_file(patch).lines_known
    assert changed_file("").added == ()


@given(st.text(alphabet="@-+ ,0123456789\n\\x", max_size=300))
def test_any_patch_gives_ordered_lines(patch: str) -> None:
    for lines in changed_file(patch).added:
        assert len(lines) > 0
