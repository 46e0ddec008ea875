"""A comment as GitHub shows it, with its Markdown parser and its colours. For pictures only.

Charts in closed sections stay code: GitHub draws them with Mermaid when a reader opens the section.
"""

from typing import Final

import cmarkgfm

PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><style>
:root {{ color-scheme: light dark; --line: light-dark(#d1d9e0, #3d444d); --ink: light-dark(#1f2328, #f0f6fc);
  --soft: light-dark(#59636e, #9198a1); --sunk: light-dark(#f6f8fa, #151b23); --page: light-dark(#fff, #0d1117);
  --link: light-dark(#0969da, #4493f8); --code: light-dark(#818b981f, #656c7633); }}
body {{ margin: 0; padding: 20px; background: var(--page); color: var(--ink);
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, "Liberation Sans", sans-serif; }}
.comment {{ border: 1px solid var(--line); border-radius: 6px; width: 860px; }}
.head {{ background: var(--sunk); border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0; padding: 8px 16px;
  color: var(--soft); }}
.head b {{ color: var(--ink); }}
.body {{ padding: 16px; overflow-wrap: break-word; }}
.body > :first-child {{ margin-top: 0; }} .body > :last-child {{ margin-bottom: 0; }}
h3 {{ font-size: 17.5px; margin: 24px 0 16px; }} h4 {{ font-size: 14px; margin: 24px 0 16px; }}
p, ul, table, pre, details, blockquote {{ margin: 0 0 16px; }}
ul {{ padding-left: 28px; }} li + li {{ margin-top: 4px; }}
a {{ color: var(--link); }}
code {{ background: var(--code); border-radius: 6px; padding: 2.8px 5.6px; }}
code, pre {{ font: 12px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }}
pre {{ background: var(--sunk); border-radius: 6px; padding: 16px; overflow: auto; }}
pre code {{ background: none; padding: 0; }}
table {{ border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto; }}
th, td {{ border: 1px solid var(--line); padding: 6px 13px; }}
blockquote {{ border-left: 4px solid var(--line); color: var(--soft); padding: 0 14px; }}
</style></head><body>
<div class="comment"><div class="head"><b>github-actions</b> commented</div><div class="body">{body}</div></div>
</body></html>
"""


def comment_page(markdown: str) -> str:
    """Return an HTML page that shows this Markdown as GitHub shows a comment."""
    return PAGE.format(body=cmarkgfm.github_flavored_markdown_to_html(markdown, cmarkgfm.Options.CMARK_OPT_UNSAFE))
