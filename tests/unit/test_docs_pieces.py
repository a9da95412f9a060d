"""scripts/docs_pieces.py: which blocks a page has, and a piece that prints something else than its page says fails."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from typing import Any

import pytest
from docs_pieces import Fence, WrongOutput, check, expected_output, fences, parts_of, run, setup_of, without_output

PAGE = """# Title

```python run
print(1)
#> 1
```

1. In a list:

   ```html
   <p>
     text
   ```

````text
```python
```
````

```python server asgi.py
```

```python asgi.py
```

```http app
```

```js page.js
```

```
tree
```
"""


def test_each_block_has_its_language_class_tag_line_and_text() -> None:
    assert fences("docs/page.md", PAGE) == [
        Fence("docs/page.md", 4, "python", "run", "", "print(1)\n#> 1\n"),
        Fence("docs/page.md", 11, "html", "", "", "<p>\n  text\n"),
        Fence("docs/page.md", 16, "text", "", "", "```python\n```\n"),
        Fence("docs/page.md", 21, "python", "server", "asgi.py", ""),
        Fence("docs/page.md", 24, "python", "", "asgi.py", ""),
        Fence("docs/page.md", 27, "http", "app", "", ""),
        Fence("docs/page.md", 30, "js", "", "page.js", ""),
        Fence("docs/page.md", 33, "", "", "", "tree\n"),
    ]
    assert fences("docs/page.md", PAGE)[0].place == "docs/page.md:4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text\n\n```python\nprint(1)\n", r"page\.md:3: this block is not closed"),
        ("```python\n```\n\n   ```sh\n```\n", r"page\.md:4: this block is not closed"),
        ("text\n```python run one.py two.py\n```\n", r"page\.md:2: 'python run one\.py two\.py' has more words"),
    ],
)
def test_a_block_that_nobody_can_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fences("page.md", text)


def test_a_page_may_name_its_setup() -> None:
    assert setup_of("# Title\n\n<!-- setup: sync -->\n") == "sync"
    assert setup_of("# Title\n\n`<!-- setup: sync -->` is a comment.\n") == ""


PIECE = """\
import asyncio

await asyncio.sleep(0)
for n in range(2):
    print("n is", n)
    print()
#> n is 0
#>
#> n is 1
#>

print()
#>
"""


def checked(text: str, names: dict[str, Any] | None = None) -> str:
    return asyncio.run(check(textwrap.dedent(text), {} if names is None else names, "docs/page.md", 101))


def test_a_piece_prints_what_its_page_says() -> None:
    printed = "n is 0\n\nn is 1\n\n\n"
    assert checked(PIECE) == printed
    assert expected_output(PIECE) == printed
    assert "#>" not in without_output(PIECE)
    assert asyncio.run(run(without_output(PIECE), {})) == printed


def test_pieces_share_their_names() -> None:
    names: dict[str, Any] = {}
    checked("value = 6\n", names)
    assert checked("print(value, __name__)\n#> 6 __main__\n", names) == "6 __main__\n"


@pytest.mark.parametrize(
    "text",
    [
        "print(1)\n#> 2\n",
        "print(1)\n#> 1\n#> 2\n",
        "print(1)\nprint(2)\n#> 1\n",
        "print(1)\n",
        "value = 1\n#> 1\n",
        "print(1)\n#> 1\nprint(2)\n",
        "print(1)\n#> 2\n\nprint(2)\n#> 1\n",
        "print('a ')\n#> a\n",
    ],
)
def test_another_output_fails(text: str) -> None:
    with pytest.raises(WrongOutput, match=r"docs/page\.md:10\d: the page says"):
        checked(text)


def test_the_message_has_both_outputs_and_the_line_of_the_page() -> None:
    with pytest.raises(WrongOutput) as caught:
        checked("value = 1\nprint(value)\n#> 2\n")
    assert str(caught.value) == "docs/page.md:103: the page says\n2\nbut the piece prints\n1\n"


def test_what_is_printed_is_passed_on_at_once() -> None:
    said: list[str] = []
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run("print(1)\n1 / 0\n", {}, write=said.append))
    assert "".join(said) == "1\n"


def test_the_value_of_the_last_expression_is_kept() -> None:
    names: dict[str, Any] = {}
    assert checked("import asyncio\nawait asyncio.sleep(0, 'value')\n", names) == ""
    assert names["_"] == "value"
    checked("_ = 1\nother = 2\n", names)
    checked("other = 3\n", names)
    assert "_" not in names


@pytest.mark.parametrize("text", ["value = [\n#> 1\n]\n", "#> 1\nprint(1)\n", "if True:\n    pass\n#> 1\n    pass\n"])
def test_output_belongs_behind_a_whole_statement(text: str) -> None:
    with pytest.raises(ValueError, match=r"docs/page\.md:10\d: output is expected behind a whole statement"):
        checked(text)


def test_an_exception_names_the_line_of_the_page() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        checked("def divide():\n    1 / 0\n\n\nprint(1)\n#> 1\ndivide()\n")
    frames = [(each.path, each.lineno + 1) for each in caught.traceback if str(each.path) == "docs/page.md"]
    assert [line for _, line in frames] == [107, 102]


def test_a_mistake_in_the_syntax_names_the_line_of_the_page() -> None:
    with pytest.raises(SyntaxError) as caught:
        parts_of("value = 1\nprint(\n", 101, "docs/page.md")
    assert (caught.value.filename, caught.value.lineno) == ("docs/page.md", 102)


def test_the_output_is_given_back() -> None:
    before = sys.stdout
    with pytest.raises(ZeroDivisionError):
        checked("print(1)\n1 / 0\n")
    assert sys.stdout is before
