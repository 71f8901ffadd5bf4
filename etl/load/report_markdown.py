"""The report of a run as Markdown: for the log of a task, where people look first."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from etl.load.report_types import Run, RunReport
from etl.load.runs import Counts

_COUNTS: Final = [field.name for field in fields(Counts)]


def as_markdown(report: RunReport) -> str:
    """Counts by step, problems with what to do, rejections by reason, what is sent by status; ids and counts only."""
    blocks = [block for run in report.runs for block in _run(run)]
    blocks += [*_rejections(report), *_sent(report)]
    return "\n\n".join(blocks) + "\n"


def _run(run: Run) -> Iterator[str]:
    took = f"took {run.duration.total_seconds():.1f} s" if run.duration else "not finished"
    yield f"# {run.flow}: {run.status}"
    named = f" ({run.airflow_run_id})" if run.airflow_run_id else ""
    lines = [f"- run {run.run_id}{named}", f"- started {run.started_at:%Y-%m-%d %H:%M:%S} UTC, {took}"]
    if run.version:
        lines.append(f"- version {run.version}")
    if run.attempts > 1:
        lines.append(f"- attempts: {run.attempts}; what the earlier ones wrote is counted too")
    if run.asked:
        lines.append(f"- asked: {run.asked}")
    if run.is_trial:
        lines.append("- dry run: nothing was written or sent; the counts are what a run would do")
    yield "\n".join(lines)
    if run.steps:
        yield _table(run)
        yield _sum(run)
    yield from _asked(run)
    if run.notes:
        yield "\n".join(f"- {one.step} {one.scope}: {_one_line(one.note)}." for one in run.notes)
    yield from _problems(run)


def _table(run: Run) -> str:
    names = {"written": "would write"} if run.is_trial else {}
    head = ["step", "parts", *(names.get(name, name) for name in _COUNTS)]
    rule = ["---"] + ["---:"] * (len(head) - 1)
    rows = [
        [step.name, str(step.scopes), *(f"{getattr(step.counts, name):,}" for name in _COUNTS)]
        for step in run.steps
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _sum(run: Run) -> str:
    if run.adds_up:
        return "The counts add up: every row read was written, unchanged, rejected or ignored."
    return (
        f"**The counts do not add up** in {', '.join(step.name for step in run.steps if not step.adds_up)}."
    )


def _asked(run: Run) -> Iterator[str]:
    """Why as much was asked of the courses as was, and which are not asked."""
    if run.decisions:
        yield "\n".join(
            [
                "| courses | calls | bytes | why |",
                "| ---: | ---: | ---: | --- |",
                *(
                    f"| {one.courses:,} | {one.calls:,} | {one.bytes:,} | {one.decision}: {one.because} |"
                    for one in run.decisions
                ),
            ]
        )
    if run.left_out:
        yield f"Not asked: {', '.join(f'{one.courses:,} {one.asked}' for one in run.left_out)}."


def _problems(run: Run) -> Iterator[str]:
    if run.problems:
        yield f"## Problems ({len(run.problems)})"
        yield "\n".join(
            f"- {problem.step} {problem.scope}: {_one_line(problem.sentence)}\n  What to do: {problem.what_to_do}."
            for problem in run.problems
        )


def _rejections(report: RunReport) -> Iterator[str]:
    rejections = report.rejections
    total, fresh = (sum(getattr(one, name) for one in rejections) for name in ("rejected", "fresh"))
    yield (
        f"## Would be rejected: {total:,}"
        if report.is_trial
        else f"## Not recorded: {total:,} open, {fresh:,} new"
    )
    if rejections:
        yield "\n".join(
            f"- {one.rejected:,}{'' if report.is_trial else f' ({one.fresh:,} new)'} {one.source}, {one.reason_code}:"
            f" {_one_line(one.reason)} {one.some}"
            for one in rejections
        )


def _sent(report: RunReport) -> Iterator[str]:
    for heading, items in report.sent_by_kind:
        yield f"## {heading}"
        yield "\n".join(
            f"- {one.items:,} {one.status}" + (f": {one.because}" if one.reason else "") for one in items
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())
