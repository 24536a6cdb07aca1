"""`aifp`: the door for people."""

import typer

from aifp.server.cli import decisions, looking, processes, projects, records, secret_names

app = typer.Typer(
    name="aifp",
    help="Automations that really run: short directive files, plain Python, your approval.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(context_settings=processes.PASSED_ON)(processes.serve)
for room in (projects, processes, looking, records, decisions):
    for command in room.COMMANDS:
        app.command()(command)
app.add_typer(secret_names.app, name="secret")
