"""A method's class read from the text of its file: variants, and the fields of its ``Config``.

Follows constants, names of the file and of the blocks that it imports, and base classes among
these. Raises ``NotInText`` for everything that only running the file would tell.
"""

from __future__ import annotations

import ast
import functools
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.reading import read_source

BASE = ("benchmark.method", "Method")
BLOCKS = "methods._blocks"
PLAIN = {"int": int, "float": float, "bool": bool, "str": str}
READ = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Expr)


class NotInText(Exception):
    """Something that only running a file would tell."""


@dataclass(frozen=True)
class Field:
    """A field of a ``Config``: its type (None: not in the text), and its limits if it has some."""

    kind: Any
    limits: dict[str, Any]


def parsed(file: Path) -> ast.Module:
    """The syntax tree of a method's file. Raises as ``read_source``, and what a parser raises."""
    return parsed_bytes(read_source(file))


@functools.cache
def parsed_bytes(content: bytes) -> ast.Module:
    """As ``parsed``, from the content of a file."""
    return ast.parse(content)


@functools.cache
def attributes(content: bytes) -> frozenset[str]:
    """All names that stand behind a dot in a file."""
    nodes = ast.walk(parsed_bytes(content))
    return frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute))


@dataclass(frozen=True)
class Scope:
    """The names at the top of a file, and their values; ``root`` holds the blocks."""

    file: Path
    root: Path

    def methods(self) -> list[Class]:
        """The classes of the file that come from ``Method``."""
        found = (node for node in parsed(self.file).body if isinstance(node, ast.ClassDef))
        return [one for one in (Class(node, self) for node in found) if one.is_method()]

    def find(self, name: str) -> tuple[ast.AST, Scope]:
        """The class or the value behind a name, here or in the block that it comes from."""
        for node in reversed(parsed(self.file).body):
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node, self
            if (value := assigned(node, name)) is not None:
                return value, self
            for module, there, here in imported(node):
                if here == name:
                    return self._block(module).find(there)
        raise NotInText(name)

    def _block(self, module: str) -> Scope:
        if not f"{module}.".startswith(f"{BLOCKS}."):
            raise NotInText(module)
        path = self.root.joinpath(*module.split("."))
        files = (path.with_suffix(".py"), path / "__init__.py")
        return Scope(next(filter(Path.is_file, files), files[0]), self.root)

    def value(self, node: ast.AST) -> Any:
        """The value of an expression of constants, names and containers."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Tuple, ast.List)):
            kind = tuple if isinstance(node, ast.Tuple) else list
            return kind(self.value(item) for item in node.elts)
        if isinstance(node, ast.Dict):
            return self._dict(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self.value(node.operand)
        if isinstance(node, ast.Name):
            found, scope = self.find(node.id)
            return scope.value(found)
        raise NotInText(ast.unparse(node))

    def _dict(self, node: ast.Dict) -> dict:
        found: dict = {}
        for key, value in zip(node.keys, node.values, strict=True):
            found |= self.value(value) if key is None else {self.value(key): self.value(value)}
        return found

    def kind(self, node: ast.AST) -> Any:
        """The type that an annotation names: a plain one or a ``Literal``; None for others."""
        if isinstance(node, ast.Name) and node.id in PLAIN:
            return PLAIN[node.id]
        if isinstance(node, ast.Name):
            try:
                found, scope = self.find(node.id)
            except NotInText:
                return None
            return scope.kind(found)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
            choices = self.value(node.slice)
            return typing.Literal[choices if isinstance(choices, tuple) else (choices,)]
        return None


def targets(node: ast.AST) -> list[str]:
    """The names that a statement gives a value to."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def assigned(node: ast.AST, name: str) -> ast.expr | None:
    """The value that a statement gives to a name; None where it gives it none."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and name in targets(node):
        return node.value
    return None


def imported(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    """(module, name there, name here) of each import by a ``from`` with an absolute name."""
    if isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            yield node.module or "", alias.name, alias.asname or alias.name


@dataclass(frozen=True)
class Class:
    """A class in the text, and the file that it stands in."""

    node: ast.ClassDef
    scope: Scope

    def is_method(self) -> bool:
        """Whether it descends from ``Method``; False where its descent is not in the text."""
        for node in self.node.bases:
            if ast.unparse(node) == BASE[1]:
                body = parsed(self.scope.file).body
                return any((*BASE, BASE[1]) == one for node in body for one in imported(node))
            try:
                if self._base(node).is_method():
                    return True
            except NotInText:
                continue
        return False

    def bases(self) -> list[Class]:
        """Its base classes, nearest last, without ``Method``."""
        named = [node for node in self.node.bases if ast.unparse(node) != BASE[1]]
        return [self._base(node) for node in reversed(named)]

    def _base(self, node: ast.AST) -> Class:
        if isinstance(node, ast.Attribute):  # ``Collect.Config``
            inner = self._base(node.value).inner(node.attr)
            if inner is None:
                raise NotInText(ast.unparse(node))
            return inner
        found, scope = self.scope.find(ast.unparse(node))
        if not isinstance(found, ast.ClassDef):
            raise NotInText(ast.unparse(node))
        return Class(found, scope)

    def _body(self) -> list[ast.stmt]:
        """The statements of the class; ``NotInText`` where one of them may hide a change."""
        strange = [node for node in self.node.body if not isinstance(node, (*READ, ast.Pass))]
        if strange or any("dataclass" not in ast.unparse(d) for d in self.node.decorator_list):
            raise NotInText(self.node.name)
        return self.node.body

    def inner(self, name: str) -> Class | None:
        """The class of that name in it or in a base class; None where there is none."""
        for node in self._body():
            if isinstance(node, ast.ClassDef) and node.name == name:
                return Class(node, self.scope)
            if name in targets(node):
                raise NotInText(name)
        found = (base.inner(name) for base in reversed(self.bases()))
        return next(filter(None, found), None)

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        """``variants`` or ``space`` of the class, or of a base class."""
        if name in attributes(read_source(self.scope.file)):
            raise NotInText(name)  # it may be changed elsewhere
        for node in self._body():
            if (value := assigned(node, name)) is not None:
                return self.scope.value(value)
        found = (base.table(name) for base in reversed(self.bases()))
        return next(filter(None, found), {})

    def fact(self, name: str, usual: Any) -> Any:
        """A plain value of the class, or of its bases; ``usual`` where none gives one."""
        for node in self._body():
            if (value := assigned(node, name)) is not None:
                return self.scope.value(value)
        found = (base.fact(name, None) for base in reversed(self.bases()))
        return next((value for value in found if value is not None), usual)

    def fields(self) -> dict[str, Field]:
        """The fields of its ``Config``, in order; none where it has no ``Config``."""
        config = self.inner("Config")
        return config._own_fields() if config else {}

    def _own_fields(self) -> dict[str, Field]:
        found: dict[str, Field] = {}
        for base in self.bases():
            found |= base._own_fields()
        for node in self._body():
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                kind, limits = self.scope.kind(node.annotation), self._limits(node.value)
                found[node.target.id] = Field(kind, limits)
        return found

    def _limits(self, node: ast.AST | None) -> dict[str, Any]:
        if not isinstance(node, ast.Call):
            return {}
        given = {word.arg: word.value for word in node.keywords if word.arg in ("low", "high")}
        return {name: self.scope.value(value) for name, value in given.items()}
