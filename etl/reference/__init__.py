"""Reference data of the administration: checked, imported and exported as CSV files (docs/reference-files.md)."""

from etl.files.problems import Problem
from etl.reference.checking import check
from etl.reference.exporting import export_set
from etl.reference.importing import Imported, import_set, version
from etl.reference.preview import Changes, Preview, preview

__all__ = [
    "Changes",
    "Imported",
    "Preview",
    "Problem",
    "check",
    "export_set",
    "import_set",
    "preview",
    "version",
]
