"""Commands that write revision files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from xcore_tools.cli.options import (
    format_option,
)
from xcore_tools.report import migrate as report

if TYPE_CHECKING:
    pass

from xcore_tools.cli.migrate.common import migrations_of, present, print_revisions, project_options


@click.command()
@click.argument("text", metavar="[MESSAGE]", required=False)
@click.option("-m", "--message", help="The message, as Alembic takes it.")
@click.option("--autogenerate/--empty", default=True, help="Fill it by comparing; the default.")
@click.option("--allow-empty", is_flag=True, help="Also if there is nothing to write into it.")
@click.option("--head", default="head", metavar="REV", help="The revision to follow.")
@click.option("--splice", is_flag=True, help="Allow to follow a revision that is no head.")
@click.option("--branch-label", metavar="LABEL", help="A label for a new branch.")
@click.option("--version-path", metavar="PATH", help="The directory to write to.")
@click.option("--rev-id", metavar="ID", help="Use this id instead of a random one.")
@click.option(
    "--sql", is_flag=True, help="With --empty: env.py runs without a database, if at all."
)
@click.option("--depends-on", metavar="REV", multiple=True, help="A revision that must come first.")
@project_options
@format_option
def generate(  # noqa: PLR0913 (one for each option)
    text: str | None,
    *,
    message: str | None,
    autogenerate: bool,
    allow_empty: bool,
    depends_on: tuple[str, ...],
    head: str,
    splice: bool,
    branch_label: str | None,
    version_path: str | None,
    rev_id: str | None,
    sql: bool,
    form: str,
    **project: Any,
) -> int:
    """Write a new revision file with the differences between models and database.

    Nothing is written if it would drop or lack a table whose model is in the source, or would be
    empty; the message says where the model is and why Alembic does not see it.
    """
    if text and message:
        raise click.UsageError("the message is given twice; leave out -m")
    if sql and autogenerate:
        raise click.UsageError("--sql goes with --empty: comparing takes a database")
    made = migrations_of(**project).generate(
        text or message,
        empty=not autogenerate,
        allow_empty=allow_empty,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        sql=sql,
        depends_on=list(depends_on) or None,
    )
    present(
        form, lambda: report.render_json(made), lambda c: report.render_generated(made, color=c)
    )
    return 0


@click.command()
@click.argument("revisions", nargs=-1, required=True)
@click.option("-m", "--message", help="The message of the new revision.")
@click.option("--branch-label", metavar="LABEL", help="A label for it.")
@click.option("--rev-id", metavar="ID", help="Use this id instead of a random one.")
@click.option("--splice", is_flag=True, help="Allow to join revisions that are no heads.")
@project_options
@format_option
def merge(
    revisions: tuple[str, ...],
    *,
    message: str | None,
    branch_label: str | None,
    rev_id: str | None,
    splice: bool,
    form: str,
    **project: Any,
) -> int:
    """Write a revision that joins REVISIONS; `heads` means all heads."""
    newer = {"splice": True} if splice else {}  # which older versions of Alembic do not know
    made = migrations_of(**project).merge(
        revisions, message, branch_label=branch_label, rev_id=rev_id, **newer
    )
    return print_revisions((made,), form)
