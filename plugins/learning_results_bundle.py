"""The DAGs of the installed package as a bundle, for an Airflow that has other DAGs too.

One line of its configuration names it (docs/installation.md); the line is the same wherever the package is installed.
"""

from typing import Any

from airflow.dag_processing.bundles.local import LocalDagBundle

from etl import places


class LearningResultsBundle(LocalDagBundle):
    """The folder ``dags`` of this version of the product."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(path=str(places.resource("dags")), **kwargs)
