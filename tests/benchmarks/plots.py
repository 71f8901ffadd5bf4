"""Draws the comparison, with what requirements.txt names: python -m tests.benchmarks.plots RUN.json PICTURE.svg."""

import json
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

_NAMES = {"product": "this product", "sequential": "sequential poller", "with_dlt": "dlt, merge"}
_COLOURS = {"product": "#1b6ca8", "sequential": "#b0b7bf", "with_dlt": "#d98c3f"}
_FAR_APART = 10  # so that the small ones would not be seen


def draw(parts: dict[str, dict[str, float]], picture: Path) -> None:
    """A panel for each figure that was measured: nights side by side, a bar for each program."""
    mpl.rcParams.update({"svg.hashsalt": "performance", "font.size": 9})
    figures = list(next(iter(parts.values())))
    nights = list(dict.fromkeys(name.partition(": ")[2] for name in parts))
    programs = list(dict.fromkeys(name.partition(": ")[0] for name in parts))
    shown, panels = plt.subplots(2, -(-len(figures) // 2), figsize=(14, 7), layout="constrained")
    for panel, figure in zip(panels.flat, figures, strict=False):
        for place, program in enumerate(programs):
            values = [parts[f"{program}: {night}"][figure] for night in nights]
            at = [number + 0.27 * place for number in range(len(nights))]
            bars = panel.bar(at, values, 0.25, label=_NAMES[program], color=_COLOURS[program])
            panel.bar_label(bars, [_short(value) for value in values], fontsize=7, rotation=90, padding=2)
        found = [part[figure] for part in parts.values()]
        panel.set(title=figure, yscale="log" if max(found) > _FAR_APART * min(found) else "linear")
        panel.set_xticks([number + 0.27 for number in range(len(nights))], nights)
        panel.spines[["top", "right"]].set_visible(False)
        panel.margins(y=0.25)
    for panel in panels.flat[len(figures) :]:
        panel.set_visible(False)
    shown.legend(*panels.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(programs))
    shown.savefig(picture, metadata={"Date": None})


def _short(value: float) -> str:
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.1f}{unit}"
    return f"{value:.3g}"


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
