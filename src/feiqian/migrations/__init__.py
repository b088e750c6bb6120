"""Run the feature database's migrations with alembic, in the transaction that the caller opened: it commits nothing.

Import this only to migrate: alembic costs more than everything else at a start. A revision is never edited once it was
released, and knows nothing of the features' code: only the tables as they were then.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_one_at_a_time = Lock()  # alembic's `op` is of the whole process


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def script() -> ScriptDirectory:
    """Return the revisions in this folder."""
    return ScriptDirectory.from_config(_config())


def upgrade(connection: Connection) -> None:
    """Run what lies between the revision in `alembic_version` and the newest. A transaction must be open already."""
    revisions = script()

    def steps(current: str, _context: MigrationContext) -> list[RevisionStep]:
        return revisions._upgrade_revs("head", current)

    with _one_at_a_time, EnvironmentContext(_config(), revisions, fn=steps) as environment:
        # SQLite's DDL is transactional where BEGIN is said, as `db` does.
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
