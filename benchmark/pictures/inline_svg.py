"""Matplotlib's SVG as a part of a page: no identifiers that clash, colours that follow the page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# Colours of the picture's frame; those of lines stay as they are.
COLOURS = {
    "#000000": "currentColor",
    "#595959": "var(--dim)",
    "#b0b0b0": "var(--grid)",
    "#ffffff": "var(--page)",
}
REFERENCE = re.compile(r"#([\w.-]+)")


def embed(picture: str, name: str, label: str) -> str:
    """The ``svg`` element alone. ``name`` makes its identifiers differ from other pictures';
    a screen reader reads ``label`` instead. The page's ``--width`` is its width in points, so that
    letters of all pictures can have one size.
    """
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(picture)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    used = {target for element in root.iter() for target in _targets(element)}
    for element in root.iter():
        _rename(element, used, name)
        if "style" in element.attrib:
            style = element.attrib["style"]
            element.set("style", re.sub(r"#\w{6}", lambda m: COLOURS.get(m[0], m[0]), style))
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.set("style", f"--width: {float(root.attrib['viewBox'].split()[2]):.0f}")
    root.set("role", "img")
    root.set("aria-label", label)
    return ET.tostring(root, encoding="unicode")


def _targets(element: ET.Element) -> list[str]:
    """The identifiers that an element refers to."""
    found = []
    for name, value in element.attrib.items():
        if name == f"{{{XLINK}}}href" or "url(" in value:
            found += REFERENCE.findall(value)
    return found


def _rename(element: ET.Element, used: set[str], name: str) -> None:
    own = element.attrib.pop("id", None)
    if own in used:
        element.set("id", f"{name}-{own}")
    for key, value in element.attrib.items():
        if key == f"{{{XLINK}}}href":
            element.set(key, f"#{name}-{value[1:]}")
        elif "url(#" in value:
            element.set(key, value.replace("url(#", f"url(#{name}-"))
