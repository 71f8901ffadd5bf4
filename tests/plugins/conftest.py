"""Airflow as these tests need it: no database, no files of the person who runs them, and our plugins folder.

Set before Airflow is imported for the first time, since it reads them only then.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

PLUGINS = Path(__file__).parents[2] / "plugins"

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="etl-airflow-")
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(PLUGINS)
sys.path.append(str(PLUGINS))
