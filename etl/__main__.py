"""``python -m etl`` is the command ``etl``."""

from etl.cli import app

app()
