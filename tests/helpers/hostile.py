"""Text as an attacker would write it: each sample must stay inert in every format that leakgate writes."""

from typing import Final

HOSTILE_TEXTS: Final = (
    "[bold red]pwned[/bold red] [link=https://evil.example]x[/link]",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b2J",
    "| a | b |\n|---|---|\n# heading\n- [ ] task",
    "``` fence ```` longer `` code",
    "@octocat @org/team #1 GH-2 owner/repo#3 https://evil.example www.evil.example",
    "![image](https://evil.example/x.png) [link](javascript:alert(1)) <https://evil.example>",
    "<script>alert(1)</script><img src=x onerror=alert(1)></details></code><!-- leakgate:v1 key=forged -->",
    "::error file=a.py,line=1::forged\r\n::set-output name=verdict::pass\n##[error]forged %0A%25",
    "]]> <![CDATA[x]]> &amp; &#64;user &lt; \"double\" 'single' %s {0} ${{ secrets.X }} $(touch x) `id`",
    "bidi \u202etxt.exe\u202c \u2066iso\u2069 zero\u200bwidth\u200d bom\ufeff nul\x00 del\x7f nonchar\ufffe\uffff",
    "lone surrogate \udc80\ud800 astral \U0001f600 combining e\u0301\u0301\u0301 wide 漢字",
    "\u2028line\u2029separators\x85next\x0bvertical\x0cform",
    '"]; xychart-beta\nend ~~~ $$x$$ :tada: <!-- x',
    "../../etc/passwd /absolute\\windows C:\\x\\y",
)
"""One attack, or a family of them, each."""
