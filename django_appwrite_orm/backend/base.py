"""The database wrapper: Django's connection to one alias of APPWRITE_ORM."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.db import connections as databases
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLiteWrapper
from django.db.transaction import TransactionManagementError
from django.utils.functional import cached_property

from ..cache import PolicyOverride
from ..connection import Connection, connections
from ..credentials import ConnectionRef, Using
from ..plan_execution import execute_write
from ..plans import TableRef, WritePlan
from ..sansio import Operation, run_sync
from ..threads import ContextValue
from ..transactions import TableMeta, other_blocks
from .atomic.transaction import StagedTransaction
from .client import DatabaseClient
from .errors import Database, ErrorWrapper
from .features import DatabaseFeatures
from .identity import identity_of, open_identity
from .operations import DatabaseOperations
from .schema.introspection import DatabaseIntrospection
from .schema.validation import DatabaseValidation
from .statements import Cursor, Session, Statement
from .testing.creation import DatabaseCreation
from .testing.store import note_changed

if TYPE_CHECKING:
    from .schema.editor import DatabaseSchemaEditor


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """`OPTIONS` of a database. docs/reference/settings.md is generated from these texts.

    Attributes:
        in_memory: `"allow"` or `"refuse"` queries that Appwrite cannot execute by itself.
        rows: How many rows of one table a query in memory may read.
        atomic: What `atomic()` does. `"staged"`: its changes wait and are applied together. `"off"`: nothing, each
            change is made at once.
        apps: Labels of the apps whose models `AppwriteRouter` keeps in this database.
        identity: `"key"` for the API key, or `"user"` for requests in the name of the user of an `as_user()` block.
    """

    in_memory: str = "allow"
    rows: int = 20_000
    atomic: str = "staged"
    apps: tuple[str, ...] = ()
    identity: str = "key"

    @classmethod
    def of(cls, alias: str, options: Mapping[str, Any]) -> BackendOptions:
        """Return the options of the database `alias`.

        Raises ImproperlyConfigured for an unknown option, and for a value of another kind.
        """
        where = f"DATABASES[{alias!r}]['OPTIONS']"
        names = sorted(field.name for field in fields(cls))
        for name, value in options.items():
            if name not in names:
                near = difflib.get_close_matches(str(name), names, n=1)
                guess = f" Did you mean: {near[0]}?" if near else ""
                raise ImproperlyConfigured(f"{where}: unknown option {name!r}.{guess} Known: {', '.join(names)}.")
            if (expected := _problem(name, value)) is not None:
                raise ImproperlyConfigured(f"{where}: {name} must be {expected}, not {value!r}.")
        values = {**options, "apps": tuple(options["apps"])} if "apps" in options else dict(options)
        return cls(**values)


def _problem(name: str, value: Any) -> str | None:
    """Return what the value of an option must be, if it is not."""
    if name == "rows":
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return None if is_number and value > 0 else "a whole number above 0"
    if name == "apps":
        is_list = isinstance(value, (list, tuple)) and all(isinstance(label, str) for label in value)
        return None if is_list else "a list of app labels"
    choices = {"identity": ("key", "user"), "in_memory": ("allow", "refuse"), "atomic": ("staged", "off")}[name]
    return None if value in choices else " or ".join(map(repr, choices))


class DatabaseWrapper(BaseDatabaseWrapper):
    """`NAME` is the alias in APPWRITE_ORM, which has the endpoint, the key and the cache."""

    vendor = "appwrite"
    display_name = "Appwrite"
    # Those of SQLite, for the parts of queries that Django compiles, and for the copies in memory.
    data_types = SQLiteWrapper.data_types
    data_types_suffix: dict[str, str] = {}
    data_type_check_constraints: dict[str, str] = {}
    operators = SQLiteWrapper.operators
    pattern_esc = SQLiteWrapper.pattern_esc
    pattern_ops = SQLiteWrapper.pattern_ops

    Database = Database
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    validation_class = DatabaseValidation

    creation: DatabaseCreation
    # The editor whose new tables are not there before it is left.
    editor: DatabaseSchemaEditor | None = None

    @property
    def SchemaEditorClass(self) -> type[DatabaseSchemaEditor]:  # type: ignore[override]  # noqa: N802 - Django's name
        from .schema.editor import DatabaseSchemaEditor

        return DatabaseSchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._staged: StagedTransaction | None = None
        # How many changes there were at each savepoint.
        self._marks: dict[str, int] = {}
        self._is_committing = False

    @cached_property
    def options(self) -> BackendOptions:
        return BackendOptions.of(self.alias, self.settings_dict["OPTIONS"])

    @property
    def appwrite_alias(self) -> str:
        """The alias in APPWRITE_ORM."""
        return str(self.settings_dict["NAME"])

    @property
    def is_for_users(self) -> bool:
        """Whether requests for rows are made in the name of a user or guest, to whom Appwrite refuses bulk routes."""
        return self.options.identity == "user"

    @property
    def using(self) -> Using:
        """The connection for rows: that of the API key, or of the user here. Raises OperationalError without one."""
        if not self.is_for_users:
            return self.appwrite_alias
        return ConnectionRef(self.appwrite_alias, identity_of(self.alias).credentials)

    @property
    def override(self) -> PolicyOverride | None:
        """The cache policy of reads as a user; None for those of the API key."""
        return identity_of(self.alias).override if self.is_for_users else None

    @property
    def appwrite(self) -> Connection:
        """The Appwrite connection, for requests that the ORM does not make."""
        return connections[self.appwrite_alias]

    def ref(self, table: TableMeta) -> TableRef:
        return TableRef(connections[self.appwrite_alias].settings.database_id, table.id)

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:  # type: ignore[override]
        return ErrorWrapper()

    def get_connection_params(self) -> dict[str, Any]:
        if not self.settings_dict["NAME"]:
            raise ImproperlyConfigured(f"DATABASES[{self.alias!r}]: give NAME, an alias of APPWRITE_ORM.")
        _ = self.options, self.appwrite
        return {}

    def get_new_connection(self, conn_params: Mapping[str, Any]) -> Session:
        return Session()

    def create_cursor(self, name: str | None = None) -> Cursor:
        return Cursor(self)

    def run(self, statement: Statement) -> Any:
        """Carry out a statement and return its result."""
        if self.editor is not None:
            self.editor.create_pending()
        self.cursor().execute(statement)  # not closed: it holds nothing
        return statement.result

    def carry_out(self, operation: Operation[Any], *, even_on_event_loop: bool = False) -> Any:
        """Carry out an operation of this connection and return its result.

        An open block of another database of DATABASES is not its own, even where both are of one Appwrite connection.
        """
        if not _without_autocommit:
            return run_sync(operation, even_on_event_loop=even_on_event_loop)
        before = _session.held()
        _session.set(self)
        try:
            return run_sync(operation, even_on_event_loop=even_on_event_loop)
        finally:
            _session.restore(before)

    @property
    def shows_statements(self) -> bool:
        """Whether anybody sees the text of a statement."""
        return bool(self.queries_logged or self.execute_wrappers)

    def write(self, table: TableMeta, plan: WritePlan) -> Any:
        """Carry out one change of a table and return the response."""
        operation = execute_write([table], self.using, plan)
        response = self.run(Statement.of(str(plan.request), operation, changes=True))
        self.note_changed(table.id)
        return response

    def note_changed(self, table_id: str) -> None:
        """Note a table whose rows or columns have changed."""
        if self.creation.has_test_store:
            note_changed(self.appwrite_alias, TableRef(self.appwrite.settings.database_id, table_id))

    def before_change(self) -> None:
        """Called before each statement that writes."""
        if self.creation.has_test_store:
            self.creation.snapshots.before_change()

    def is_usable(self) -> bool:
        with self.wrap_database_errors:
            run_sync(self.appwrite.ask_version())
        return True

    def get_database_version(self) -> tuple[int, ...]:
        return run_sync(self.appwrite.features()).version

    # Transactions

    @property
    def staged(self) -> StagedTransaction | None:
        """The transaction that is open here; None outside of `atomic()`."""
        if self._is_committing or self.options.atomic == "off" or not self._is_in_block():
            return None
        using = self.using
        if self._staged is None or self._staged.is_over or (self._staged.alias != using and not self._staged.length):
            self._staged = StagedTransaction(using)
        if self._staged.alias != using:
            raise TransactionManagementError(
                f"The open atomic() block of {self.alias!r} has changes of another user. Open as_user() first, and the"
                " block inside it."
            )
        return self._staged

    def is_open_for(self, using: Using) -> bool:
        """Whether a change on this connection of APPWRITE_ORM belongs to the block that is open here."""
        if not self._is_in_block():
            return False
        name, credentials = ConnectionRef.of(using).alias, ConnectionRef.of(using).credentials
        if self.appwrite_alias != name or self.is_for_users != (credentials is not None):
            return False
        identity = open_identity(self.alias) if self.is_for_users else None
        return (identity and identity.credentials) == credentials and self.staged is not None

    def _is_in_block(self) -> bool:
        """Whether a block is open that ends with a commit.

        Those of a `TestCase` do not, and neither does one inside them without a savepoint, whose end is not reported
        to a connection.
        """
        if not self.in_atomic_block:
            return self.connection is not None and not self.autocommit
        blocks: list[Any] = self.atomic_blocks
        if not blocks or not blocks[0]._from_testcase:
            return True
        inner = zip(blocks[1:], self.savepoint_ids, strict=False)
        return any(sid is not None and not block._from_testcase for block, sid in inner)

    def _commit_staged(self) -> None:
        staged, self._staged = self._staged, None
        if staged is not None and staged.length:
            self.before_change()
            self._is_committing = True
            try:
                with self.wrap_database_errors:
                    # Nothing takes a migration back anyway, and data migrations change any number of rows.
                    self.carry_out(staged.commit(in_parts=self.editor is not None))
            finally:
                self._is_committing = False

    def _set_autocommit(self, autocommit: bool) -> None:
        """Note the start of a block, or its end."""
        if autocommit:
            _without_autocommit.discard(self)
        else:
            _without_autocommit.add(self)

    def _commit(self) -> None:
        self.creation.snapshots.forget(None)
        self._commit_staged()
        super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        self._staged = None
        self.creation.snapshots.restore(None)
        super()._rollback()  # type: ignore[misc]

    def _close(self) -> None:
        if self.in_atomic_block:  # Django asks for no rollback of a connection that is closed inside a block
            self._staged = None
            self.creation.snapshots.restore(None)
        super()._close()  # type: ignore[misc]

    def _savepoint(self, sid: str) -> None:
        self._marks[sid] = 0 if self._staged is None else self._staged.length

    def _savepoint_commit(self, sid: str) -> None:
        self.creation.snapshots.forget(sid)
        self._require_savepoint(sid)
        del self._marks[sid]
        if not self._is_in_block():
            self._commit_staged()

    def _require_savepoint(self, sid: str) -> None:
        if sid not in self._marks:
            raise OperationalError(f"There is no savepoint {sid!r}.")

    def _savepoint_rollback(self, sid: str) -> None:
        self._require_savepoint(sid)
        if self._staged is not None:
            self._staged.truncate(self._marks[sid])
        self.creation.snapshots.restore(sid)


# The connections, of all threads, that may have a block open: without one no read has to look for it.
_without_autocommit: WeakSet[DatabaseWrapper] = WeakSet()
# The connection whose operation is carried out; None for one of the Table API.
_session: ContextValue[DatabaseWrapper | None] = ContextValue("appwrite_session", None)


def _open_transaction(alias: Using) -> StagedTransaction | None:
    """Return the transaction that a block of Django's has open here on a connection of APPWRITE_ORM."""
    if not _without_autocommit:
        return None
    if (session := _session.get()) is not None and session.appwrite_alias == ConnectionRef.of(alias).alias:
        return session.staged if session.is_open_for(alias) else None
    wrappers: Any = databases.all(initialized_only=True)
    for wrapper in wrappers:
        if isinstance(wrapper, DatabaseWrapper) and wrapper.is_open_for(alias):
            return wrapper.staged
    return None


other_blocks.append(_open_transaction)
