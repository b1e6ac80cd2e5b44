"""The text below curves: their subject, the runs behind a mark, the meaning of its bars."""

from __future__ import annotations

from benchmark.pictures.curves import ends, has_curve
from benchmark.pictures.panels import ENDS, INSIDE, SEPARATE, Panel
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST


def caption(panels: list[Panel]) -> str:
    """The text below the panels of a picture, which are of one setting."""
    rows = list({row.id: row for panel in panels for row in panel.rows}.values())
    row, devices = rows[0], sorted({row.device for row in rows})
    setting = (
        f"Data set {row.dataset}, teacher {row.teacher_label} ({row.teacher_accuracy:.1f} %), "
        f"student {row.student}."
    )
    machines = [f"Runs on {'; '.join(devices)}."] if len(devices) > 1 else []
    return " ".join([setting, *of_panels(panels), *machines])


def of_panels(panels: list[Panel]) -> list[str]:
    """Sentences on the marks and lines of panels."""
    found, kinds = [_on_marks(panels)], {panel.kind for panel in panels}
    if SEPARATE in kinds:
        found.append("Solid lines join separate runs, a student for each budget.")
        found += ["Dotted ones pass budgets that were not run."] if _is_dotted(panels) else []
    if INSIDE in kinds:
        found.append("Dashed lines: students during their runs, mean, from the first training on.")
    if bare := _without_curve(panels):
        names = ", ".join(bare)
        found.append(f"No line: no student was trained at a mark before the end ({names}).")
    if any(panel.floors for panel in panels):
        found.append("Best floor: the best method that learns no images, where one was run.")
    silent = sorted({name for name, of in _every(panels) if not any(r.queries for r in of)})
    if silent:
        found.append(f"Asked nothing, so not on the axis: {', '.join(silent)}.")
    return found


def _every(panels: list[Panel]) -> list[tuple[str, list[Row]]]:
    return [pair for panel in panels for pair in panel.methods.items()]


def _on_marks(panels: list[Panel]) -> str:
    """The runs that a mark stands for, and the meaning of its bar."""
    counts = sorted({len(end.values) for _, of in _every(panels) for end in ends(of)})
    span = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    found = [f"Marks: mean of n = {span} {'run' if counts == [1] else 'runs'}"]
    if counts[-1] >= FEWEST:
        found.append("bars: 95 % t interval of the mean, inside 0 to 100")
    if counts[0] < FEWEST:
        found.append(f"hollow: n below {FEWEST}, no interval")
    return "; ".join(found) + "."


def _is_dotted(panels: list[Panel]) -> bool:
    """Whether a method of separate runs passes a budget of its panel."""
    for panel in panels:
        every = {row.budget for row in panel.rows}
        for rows in panel.methods.values() if panel.kind == SEPARATE else ():
            own = {row.budget for row in rows}
            if any(min(own) < budget < max(own) for budget in every - own):
                return True
    return False


def _without_curve(panels: list[Panel]) -> list[str]:
    of_kind = [panel for panel in panels if panel.kind in (INSIDE, ENDS)]
    return sorted({name for name, of in _every(of_kind) if not has_curve(of)})
