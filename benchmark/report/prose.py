"""A docstring in blocks, for pages that set it as paragraphs and lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

HEAD = re.compile(r"([A-Z][\w ]{2,30})\.(?:\s+|$)")
ITEM = re.compile(r"\d+\. ")
INLINE = re.compile(r"``(?P<code>.+?)``|(?<![\w*])\*(?P<em>\w(?:[^*]*\w)?)\*(?![\w*])")


@dataclass
class Block:
    """A paragraph: its head (``Deviations``) if it has one, its text, and the numbered list."""

    head: str = ""
    text: str = ""
    items: list[str] = field(default_factory=list)


def blocks(docstring: str) -> list[Block]:
    """The paragraphs of a docstring, lines joined; numbered lines become items."""
    paragraphs = re.split(r"\n\s*\n", docstring.strip())
    return [_block(text.splitlines()) for text in paragraphs if text.strip()]


def _block(lines: list[str]) -> Block:
    block = Block()
    head = HEAD.match(lines[0])
    if head:
        block.head = head[1]
        lines = [lines[0][head.end() :], *lines[1:]]
    for line in map(str.strip, lines):
        item = ITEM.match(line)
        if item:
            block.items.append(line[item.end() :])
        elif block.items:
            block.items[-1] += f" {line}"
        else:
            block.text = f"{block.text} {line}".strip()
    return block


def inline(text: str) -> list[tuple[str, str]]:
    """A text in parts, each with the tag it is set in: ``code``, ``em`` or none."""
    parts: list[tuple[str, str]] = []
    end = 0
    for found in INLINE.finditer(text):
        tag = found.lastgroup or ""
        parts += [("", text[end : found.start()]), (tag, found[tag])]
        end = found.end()
    return [part for part in [*parts, ("", text[end:])] if part[1]]
