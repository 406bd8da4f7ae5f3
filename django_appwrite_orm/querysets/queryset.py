"""`QuerySet`: a lazy query of the rows of one table, with Django's names and meanings.

Every method that reads or writes has an asynchronous twin with an `a` in front; both run the same operation.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypedDict, TypeVar, Unpack

from django.core.exceptions import FieldError, SynchronousOnlyOperation
from django.db.models import Q

from ..cache import CachePolicy, PolicyOverride
from ..conf import VALID_ID
from ..connection import connections
from ..credentials import ConnectionRef, Credentials, Secret, Using
from ..exceptions import AppwriteORMError, ConfigurationError, NotSupportedError
from ..plan_execution import execute_read, invalidate
from ..plans import BY_SEQUENCE, EVERYTHING, NOTHING, Clause, GetRow, TableRef, conjunction, disjunction
from ..relations.paths import check_relation
from ..routers import aliases
from ..sansio import Operation, call, run_async, run_sync, twins
from ..tables import Overridable, Row, alters_data, read_rows, read_values
from .aggregates import evaluation
from .aggregates.accumulators import aggregate_specs
from .django_queryset import Hidden, QueryFacts, Recognized
from .lookups import compiler as lookups
from .lookups.subqueries import values_of
from .managers import Manager, proxies
from .pagination import Pager, aread_ahead, pages, read_ahead
from .persistence import bulk_create, bulk_update, get_or_create, update_delete
from .persistence.batching import Errors
from .persistence.bulk_create import Progress
from .persistence.upsert import conflicts_of
from .prefetch import prefetch_related_rows
from .query import Query, Queryable
from .resolver import resolve, resolved_pages
from .unsupported import UnavailableMethods
from .values import ValuesShape

if TYPE_CHECKING:
    from .grouping import GroupedQuerySet
    from .managers import ManagerOf

R = TypeVar("R", bound=Row)
T = TypeVar("T")

# Rows in the repr of a queryset, as in Django.
SHOWN = 20


class Cap(TypedDict, total=False):
    """The parameter of `count()`.

    As a plain parameter it would be in the signature, and Django's Paginator does not call a `count` with parameters:
    it reads all rows instead.
    """

    cap: int | None


class QuerySet(UnavailableMethods, Overridable, Queryable, Generic[R], Recognized):
    """Rows of `model`: a `Query`, and the rows once they were read.

    Nothing is sent before it is iterated, counted or otherwise evaluated; then the rows are kept, so that iterating
    again sends nothing. Every other method returns another queryset. Changes are validated before the first request,
    and sent under the cache's fence.

    It passes `isinstance(queryset, django.db.models.QuerySet)`, and inherits nothing else of it.
    """

    def __init__(self, model: type[R], using: Using | None = None) -> None:
        self._query: Query[R] = Query(model, using or aliases[model], is_placed=bool(using))
        self._rows: list[Any] | None = None
        self._prefetched: list[Any] | None = None  # read together with the row that they belong to

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in vars(cls):
            if name.startswith("_") and isinstance(inspect.getattr_static(QuerySet, name, None), Hidden):
                raise ConfigurationError(
                    f"{cls.__name__}.{name} is an internal method of Django's querysets that is not called here."
                    " Override a public method, such as filter(), get() or update()."
                )

    @property
    def model(self) -> type[R]:
        """The table of the rows."""
        return self._query.model

    @property
    def db(self) -> Using:
        """The alias of the connection; with `as_user()` and `as_guest()`, a reference that holds the credentials too.

        Both can be given as `using`, to `atomic()` for instance.
        """
        return self._query.db

    @property
    def ref(self) -> TableRef:
        """The table as Appwrite knows it."""
        return self._query.ref

    @property
    def filters(self) -> tuple[Clause, ...]:
        """The conditions that must all hold, as Appwrite is sent them."""
        return self._query.filters

    @property
    def _prefetch_related_lookups(self) -> tuple[str, ...]:
        """The names of prefetched relations, which Django's ModelChoiceField reads."""
        return self._query.related

    def _subquery(self) -> Query[R]:
        return self._query

    @property
    def query(self) -> QueryFacts:
        """The attributes of a query that Django, DRF and others read; there is no SQL."""
        return QueryFacts(self._query.is_empty)

    @property
    def ordered(self) -> bool:
        """True: rows come in the order of creation if no other is set."""
        return True

    def resolve_expression(self, query: object = None, *args: object, for_save: bool = False, **kwargs: object) -> Any:
        """Return the values for `in` in a lookup of a Django model, which calls this.

        They are read now; ids unless columns were named. Without it, Django would compare with the text of each row or
        dict. Raises FieldError for several columns, and NotSupportedError where Django would save the text of a
        subquery.
        """
        if for_save:
            raise NotSupportedError(
                f"A queryset of {self.model.__name__} cannot be saved in a field of a Django model. Pass one of its"
                " values, such as queryset.values_list('name', flat=True)[0]."
            )
        return values_of(self._query.names, self)

    @classmethod
    def as_manager(cls) -> ManagerOf[Self]:
        """Return a manager of these querysets: `objects = ProductQuerySet.as_manager()`."""
        return Manager(cls)

    def _with(self, query: Query[R]) -> Self:
        """Return a copy, of the same class, for `query`."""
        copied = self._copied()
        copied._query = query
        copied._rows = copied._prefetched = None
        return copied

    def _clone(self, **changes: Any) -> Self:
        """Return a copy with these fields of its query changed."""
        return self._with(self._query.replace(**changes))

    def new_row(self, values: Mapping[str, Any]) -> R:
        """Return an unsaved row that could be among these.

        Raises FieldError where no column of it could refer to the row that they belong to.
        """
        presets = self._query.presets
        if presets is None:
            raise FieldError(
                f"A {self.model.__name__} cannot be created from this relation, because it has no column that refers"
                " to the row. Declare the relationship on both tables, or create the row first and then link it."
            )
        return self.model(**{**presets, **values})

    # Conditions.

    def all(self) -> Self:
        """Return the same rows, to be read again; prefetched ones are kept."""
        same = self._clone()
        same._rows = same._prefetched = self._prefetched
        return same

    def none(self) -> Self:
        """Return an empty queryset, which sends nothing."""
        return self._clone(where=NOTHING)

    def using(self, alias: Using) -> Self:
        """Return the same query for another connection, for the same user or guest."""
        return self._clone(db=ConnectionRef.of(self.db).on(alias), is_placed=True)

    def as_user(self, *, jwt: str | Secret | None = None, session: str | Secret | None = None) -> Self:
        """Return the same query with a user's permissions, by a JWT or a session secret.

        Its rows are saved, and their relations read, as that user. Results are cached only after `cached(ttl)`, and
        apart from everybody else's. Appwrite refuses its bulk routes to users, so rows are changed one by one.
        """
        jwt, session = Secret.of(jwt), Secret.of(session)  # so that this frame shows neither
        return self._clone(db=self._as(Credentials.of_user(jwt=jwt, session=session)))

    def as_guest(self) -> Self:
        """Return the same query for somebody who is not signed in."""
        return self._clone(db=self._as(Credentials.of_guest()))

    def _as(self, credentials: Credentials) -> ConnectionRef:
        return ConnectionRef(ConnectionRef.of(self.db).alias, credentials)

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """Return rows for which every condition holds. Unknown columns and lookups raise FieldError at once."""
        return self._narrowed(Q(*conditions, **lookups))

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """Return rows for which not all conditions hold; a condition on a null does not hold."""
        return self._narrowed(~Q(*conditions, **lookups))

    def _narrowed(self, condition: Q) -> Self:
        self._refuse_slice("filter")
        return self._clone(where=conjunction([self._query.where, lookups.where(self._query.model, condition)]))

    def raw_queries(self, *queries: object) -> Self:
        """Return the rows that match Appwrite's own queries too.

        A query is the SDK's `Query`, its JSON, or text such as `equal("active", true)`. Columns are named by their keys
        on the server. Filters are added, orders appended; limit, offset, select and a cursor are set. Raises
        `InvalidRequest` for what cannot be parsed; the arguments are checked by the server alone.
        """
        from .raw_queries import narrowed

        self._refuse_slice("filter")
        return self._with(narrowed(self._query, queries))

    def __or__(self, other: Self) -> Self:
        """Return rows that are in either; the order and the rest are this one's. Neither may be a slice."""
        return self._combined(other, Q.OR)

    def __and__(self, other: Self) -> Self:
        """Return rows that are in both; the order and the rest are this one's. Neither may be a slice."""
        return self._combined(other, Q.AND)

    def _combined(self, other: Self, connector: str) -> Self:
        if not isinstance(other, QuerySet) or other.model is not self.model or other.db != self.db:
            raise TypeError("Only querysets of one table on one connection can be combined.")
        mine, its = self._query, other._query
        if mine.is_sliced or its.is_sliced or mine.cursor or its.cursor:
            raise TypeError("Cannot combine queries once a slice has been taken.")
        join = conjunction if connector == Q.AND else disjunction
        return self._clone(where=join([mine.where, its.where]))

    # Order and columns.

    def order_by(self, *names: str | None) -> Self:
        """Return the rows in this order; no names, or None: in the order of creation.

        `?` is a random order, which is never cached.
        """
        self._refuse_slice("reorder")
        return self._clone(order=lookups.order(self.model, _named(names)))

    def reverse(self) -> Self:
        """Return the rows in the opposite order."""
        self._refuse_slice("reorder")
        swap = {"orderAsc": "orderDesc", "orderDesc": "orderAsc"}
        order = self._query.order or BY_SEQUENCE
        return self._clone(order=tuple(dataclasses.replace(c, method=swap.get(c.method, c.method)) for c in order))

    def only(self, *names: str) -> Self:
        """Return rows with these columns alone; reading another one raises AttributeError and sends nothing.

        The id, sequence, dates and permissions of a row are always there.
        """
        return self._clone(select=self.model._meta.get_keys(names) or ("$id",))

    def defer(self, *names: str | None) -> Self:
        """Return rows without these columns; no names, or None: with all of them again."""
        left_out = set(self.model._meta.get_keys(names := _named(names)))
        selected = self._query.select or tuple(self.model._meta.by_key)
        return self._clone(select=tuple(key for key in selected if key not in left_out) or ("$id",) if names else ())

    def prefetch_related(self, *names: str | None) -> Self:
        """Return the rows with related ones, of `maker` or `product_set`, read together.

        That takes one request for each relation and page. `maker__country` reads relations of related rows too; None
        clears. Their ids are read whatever `only()` says. Raises FieldError for what is not a relation.
        """
        if self._query.names is not None:
            raise TypeError("prefetch_related() and select_related() cannot be used after values() or values_list().")
        named = _named(names)
        for name in named:
            if not isinstance(name, str):
                raise NotSupportedError(
                    f"prefetch_related() takes the names of relations, not {type(name).__name__}. To read some of the"
                    " related rows, use Toy.objects.filter(maker__in=makers) and attach them in Python."
                )
            check_relation(self.model, name)
        kept = () if names == (None,) else self._query.related
        return self._clone(related=tuple(dict.fromkeys((*kept, *named))))

    def select_related(self, *names: str | None) -> Self:
        """Prefetch references alone; no names: all of the table's."""
        for name in _named(names):
            if name.partition("__")[0] not in self.model._meta.references:
                available = ", ".join(self.model._meta.references) or "none"
                raise FieldError(f"{self.model.__name__} has no reference {name!r}. It has: {available}.")
        return self.prefetch_related(*(names or self.model._meta.references))

    # The cache policy.

    def cached(self, policy: CachePolicy | float | None = None, /, **changes: Any) -> Self:
        """Return the same query under another cache policy.

        `cached(60)` or `cached(ttl=60)` sets a TTL of 60 seconds, `cached(stale_if_error=3600)` changes one option,
        `cached(CachePolicy(...))` all of them.
        """
        if policy is not None and not isinstance(policy, CachePolicy):
            policy, changes = None, {"ttl": policy, **changes}
        return self._clone(policy=PolicyOverride.of(policy, changes))

    def uncached(self) -> Self:
        """Return the same query, sent to Appwrite every time."""
        return self.cached(0)

    def _refuse_slice(self, what: str) -> None:
        if self._query.is_sliced:
            raise TypeError(f"Cannot {what} a query once a slice has been taken.")

    # The rows.

    def iterator(self, chunk_size: int | None = None) -> Iterator[R]:
        """Return an iterator over the rows, which are not kept.

        At most two pages of `chunk_size` rows (the connection's PAGE_SIZE) are in memory: the next one is read, in a
        thread, while this one is processed.
        """
        return self._read_ahead(_positive("chunk_size", chunk_size))

    def _read_ahead(self, chunk_size: int | None) -> Iterator[R]:
        for page in read_ahead(run_sync(self._pages(chunk_size))):
            yield from run_sync(self._page_of(page))

    def aiterator(self, chunk_size: int | None = None) -> AsyncIterator[R]:
        """Return an asynchronous iterator over the rows, which are not kept."""
        return self._aread_ahead(_positive("chunk_size", chunk_size))

    async def _aread_ahead(self, chunk_size: int | None) -> AsyncIterator[R]:
        async for page in aread_ahead(await run_async(self._pages(chunk_size))):
            for row in await run_async(self._page_of(page)):
                yield row

    def _pages(self, page_size: int | None = None) -> Operation[Pager]:
        """Return a pager of what Appwrite sends, once what the filters depend on is read."""
        query = self._query
        if query.where.needs_reads or query.is_distinct:
            return (yield from resolved_pages(query, page_size))
        return pages(query, page_size)

    def _page_of(self, raws: Sequence[dict[str, Any]]) -> Operation[list[Any]]:
        """Return rows made of what Appwrite sent, with prefetched relations, in the requested shape."""
        query = self._query
        if query.shape is not None:
            return query.shape.of(read_values(query.model, raws, query.db, query.shape.attributes))
        rows: list[Any] = read_rows(query.model, raws, query.db)
        if query.related:
            yield from prefetch_related_rows(list(rows), query.related, query.db)
        return rows

    def _all_rows(self) -> Operation[list[R]]:
        if self._rows is None:
            self._refuse_if_guarded()
            walk = yield from self._pages()
            rows: list[R] = []
            while not walk.finished:
                rows += yield from self._page_of((yield from walk.page()))
            self._rows = rows
        return self._rows

    def _kept_rows(self) -> list[Any]:
        """Return all rows, without a driver where they are known."""
        if self._rows is None and self._query.is_empty:
            self._rows = []
        return run_sync(self._all_rows()) if self._rows is None else self._rows

    def __iter__(self) -> Iterator[R]:
        return iter(self._kept_rows())

    async def __aiter__(self) -> AsyncIterator[R]:
        for row in await run_async(self._all_rows()):
            yield row

    def __len__(self) -> int:
        return len(self._kept_rows())

    def __bool__(self) -> bool:
        return bool(self._kept_rows())

    def __repr__(self) -> str:
        """Show the first rows, as Django does, or the query where they cannot be read here and now."""
        try:
            rows = list(self._window(0, SHOWN + 1)) if self._rows is None else self._rows[: SHOWN + 1]
        except (AppwriteORMError, SynchronousOnlyOperation) as error:
            query = " ".join(map(str, (*self._query.filters, *self._query.order))) or "all"
            return f"<QuerySet of {self.model.__name__}, not read ({type(error).__name__}): {query}>"
        if len(rows) > SHOWN:
            rows[-1] = "...(remaining elements truncated)..."
        return f"<QuerySet {rows!r}>"

    def __getitem__(self, key: int | slice) -> Any:
        """Return another queryset for a slice, the row for an index (IndexError without one)."""
        if isinstance(key, slice):
            return self._sliced(key)
        if not isinstance(key, int):
            raise TypeError(f"QuerySet indices must be integers or slices, not {type(key).__name__}.")
        if key < 0:
            raise ValueError("Negative indexing is not supported.")
        rows = self._rows[key : key + 1] if self._rows is not None else list(self._sliced(slice(key, key + 1)))
        if not rows:
            raise IndexError("QuerySet index out of range.")
        return rows[0]

    def _sliced(self, key: slice) -> Self | list[R]:
        if key.step is not None:
            raise ValueError("Slices with a step are not supported.")
        low, high = key.start or 0, key.stop
        if low < 0 or (high is not None and high < 0):
            raise ValueError("Negative indexing is not supported.")
        return self._rows[key] if self._rows is not None else self._window(low, high)

    def _window(self, low: int, high: int | None) -> Self:
        return self._with(self._query.window(low, high))

    # One row.

    def _few(self, count: int) -> Operation[list[R]]:
        """Return the first rows, in one page."""
        walk = yield from self._window(0, count)._pages()
        return (yield from self._page_of((yield from walk.page())))

    def _first(self) -> Operation[R | None]:
        """Return the first row in this order, or None."""
        rows = yield from self._few(1)
        return rows[0] if rows else None

    first, afirst = twins(_first)

    def _last(self) -> Operation[R | None]:
        """Return the last row in this order, or None."""
        return self.reverse()._first()

    last, alast = twins(_last)

    def _first_by(self, fields: tuple[str, ...], *, reverse: bool) -> Operation[R]:
        if not fields:
            raise TypeError("latest() and earliest() need at least one column.")
        ordered = self.order_by(*fields)
        row = yield from (ordered.reverse() if reverse else ordered)._first()
        if row is None:
            raise self.model.DoesNotExist(f"There is no {self.model.__name__} that matches the query.")
        return row

    def _latest(self, *fields: str) -> Operation[R]:
        """Return the row with the largest values of these columns. Raises the table's DoesNotExist without a row."""
        return self._first_by(fields, reverse=True)

    latest, alatest = twins(_latest)

    def _earliest_by(self, *fields: str) -> Operation[R]:
        """Return the row with the smallest values of these columns. Raises the table's DoesNotExist without a row."""
        return self._first_by(fields, reverse=False)

    earliest, aearliest = twins(_earliest_by, "earliest")

    def _get(self, *conditions: Q, **lookups: Any) -> Operation[R]:
        """Return the one row that matches. Raises the table's DoesNotExist or MultipleObjectsReturned.

        By id alone it is one row by its own route, and an absent one is cached too. Else at most two rows are read.
        """
        by_id = not conditions and len(lookups) == 1 and set(lookups) <= {"pk", "id"}
        if by_id and self._query.where == EVERYTHING and not self._query.is_sliced:
            row = yield from self._by_id(next(iter(lookups.values())))
            rows = [row] if row is not None else []
        else:
            narrowed = self.filter(*conditions, **lookups) if conditions or lookups else self
            rows = yield from narrowed._few(2)
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise self.model.MultipleObjectsReturned(f"get() found more than one {self.model.__name__}.")
        raise self.model.DoesNotExist(f"There is no {self.model.__name__} that matches {lookups or 'the query'}.")

    def _by_id(self, row_id: object) -> Operation[R | None]:
        text = "" if row_id is None else str(row_id)
        if not VALID_ID.fullmatch(text):  # Appwrite cannot have such a row, and it must not reach a URL
            return None
        query = self._query
        select = query.projection()
        plan = GetRow(query.ref, text, select, query.tables((), select))
        raw = yield from execute_read(query.model._meta, query.db, plan, query.policy)
        return None if raw is None else (yield from self._page_of([raw]))[0]

    get, aget = twins(_get)

    # Rows by a value of theirs.

    def _in_bulk(self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk") -> Operation[dict[Any, R]]:
        """Return the rows with these ids, or values of another unique column, by them; absent ones are left out."""
        self._refuse_slice("use in_bulk() with")
        name = "id" if field_name == "pk" else field_name
        unique = [index.columns for index in self.model._meta.unique_indexes]
        if name != "id" and (name,) not in unique:
            raise ValueError(f"in_bulk() needs a unique column: {self.model.__name__}.{name} has no UniqueIndex.")
        if self._query.shape is not None:
            raise TypeError("in_bulk() returns rows and cannot be used after values() or values_list().")
        matching = self if id_list is None else self.filter(**{f"{name}__in": id_list})
        rows = yield from matching._clone()._all_rows()
        return {getattr(row, name): row for row in rows}

    in_bulk, ain_bulk = twins(_in_bulk)

    # Rows in another shape.

    def values(self, *names: str) -> QuerySet[Any]:
        """Return dicts of these columns instead of rows; no names: the id and every column. Only they are read."""
        return self._shaped("dict", names)

    def values_list(self, *names: str, flat: bool = False, named: bool = False) -> QuerySet[Any]:
        """Return tuples of these columns, in order.

        `named`: with the columns as attributes; `flat`: the values of the single column alone.
        """
        if flat and named:
            raise TypeError("'flat' and 'named' can't be used together.")
        if flat and len(names) != 1:
            raise TypeError("'flat' needs exactly one column: values_list('title', flat=True).")
        return self._shaped("flat" if flat else "named" if named else "tuple", names)

    def _shaped(self, form: Literal["dict", "tuple", "flat", "named"], names: tuple[str, ...]) -> QuerySet[Any]:
        names = names or ("id", *self.model._meta.columns)
        select = self.model._meta.get_keys(names)  # raises for unknown ones
        shape = ValuesShape(form, names, tuple(self.model._meta.get_column(name).name for name in names))
        everything = set(self.model._meta.by_key) <= set(select)
        shaped: Any = self._clone(names=names, shape=shape, select=() if everything else select, related=())
        return shaped  # type: ignore[no-any-return]

    def distinct(self, *names: str) -> Self:
        """Return each combination of the columns of `values()` or `values_list()` once, at its first row.

        Without them it returns every row: rows differ by their ids. Rows are read, those columns alone, one request a
        page, until there are as many combinations as the slice needs. Raises NotSupportedError for names: Appwrite
        cannot choose one of several rows.
        """
        self._refuse_slice("call distinct() on")
        if names:
            raise NotSupportedError(
                "distinct() takes no columns, because Appwrite cannot choose one of several rows. Use"
                f" values({names[0]!r}).distinct() for the values."
                f" values({names[0]!r}).annotate(first=Min('sequence')) returns the sequence of each first row."
            )
        return self._clone(is_distinct=True)

    def count(self, **options: Unpack[Cap]) -> int:
        """Return how many rows match, exactly; a request for every 5,000 of them.

        `cap`: count no further than this, for a label such as "1,000 and more"; up to 5,000 that is one request.
        """
        cap = _cap(**options)
        return run_sync(self._evaluated(evaluation.count, cap)) if self._rows is None else len(self._rows[:cap])

    async def acount(self, **options: Unpack[Cap]) -> int:
        """Return how many rows match; see `count`."""
        cap = _cap(**options)
        return await run_async(self._evaluated(evaluation.count, cap)) if self._rows is None else len(self._rows[:cap])

    def exists(self) -> bool:
        """Return whether any row matches."""
        return run_sync(self._evaluated(evaluation.exists)) if self._rows is None else bool(self._rows)

    async def aexists(self) -> bool:
        """Return whether any row matches."""
        return await run_async(self._evaluated(evaluation.exists)) if self._rows is None else bool(self._rows)

    def _contains(self, row: R) -> Operation[bool]:
        """Return whether this row is among them."""
        if not isinstance(row, self.model) or row.id is None:
            raise TypeError(f"contains() needs a saved {self.model.__name__}, not {row!r}.")
        if self._rows is not None:
            return row in self._rows
        return (yield from self.filter(pk=row.id)._evaluated(evaluation.exists))

    contains, acontains = twins(_contains)

    # Aggregates.

    def _aggregate(self, *aggregates: Any, **named: Any) -> Operation[dict[str, Any]]:
        """Return aggregates of columns by name: `aggregate(total=Sum("price"))`.

        Django's Count, Sum, Avg, Min, Max, StdDev and Variance. A count costs what `count()` does, a smallest or
        largest value one request; for the others every matching row is read once, those columns alone, in pages. A
        server from 2.5 on computes in one request all that it computes as Django does. Nulls do not count.
        """
        specs = aggregate_specs(self.model, named, aggregates)
        if self._query.distinct_keys:
            raise NotSupportedError(
                "aggregate() cannot be used after distinct(). Use aggregate(n=Count('genre', distinct=True)) instead."
            )
        return (yield from self._evaluated(evaluation.aggregate, specs)) if specs else {}

    aggregate, aaggregate = twins(_aggregate)

    def _evaluated(self, operation: Callable[..., Operation[T]], *args: object) -> Operation[T]:
        """Run an operation on the query once its filters are resolved."""
        return (yield from operation((yield from resolve(self._query)), *args))

    def annotate(self, *aggregates: Any, **named: Any) -> GroupedQuerySet[R]:
        """Return a dict for each group of equal values.

        `values("genre").annotate(books=Count("*"), mean=Avg("price"))`. Every matching row is read once, those columns
        alone, in pages; a server from 2.5 on sends the groups where it compares values as Python does. Groups
        come in the order of their first rows, unless the queryset has another.
        """
        from .grouping import GroupedQuerySet

        return GroupedQuerySet(self._query, aggregate_specs(self.model, named, aggregates))

    @alters_data
    def _create(self, **values: Any) -> Operation[R]:
        """Make a row, save it by the table's own `save()`, and return it.

        Raises ValidationError, before any request, with all errors by column, then `DuplicateId` or `UniqueViolation`.
        """
        row = self.new_row(values)
        yield from call(row, "save", using=self.db)
        return row

    create, acreate = twins(_create)

    @alters_data
    def _get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Operation[tuple[R, bool]]:
        """Return the one row that matches, and False; or a new one with `defaults`, and True.

        When several do this at once, a unique index on the columns of the lookups (or the id) makes sure of one row.
        """
        return get_or_create.get_or_create(self, defaults, lookups)

    get_or_create, aget_or_create = twins(_get_or_create)

    @alters_data
    def _update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Operation[tuple[R, bool]]:
        """Return the one row that matches with `defaults` written to it, and False; or a new one, and True.

        A new row gets `create_defaults` if they are given. When several do this at once, the same holds as for
        `get_or_create`.
        """
        return get_or_create.update_or_create(self, defaults, create_defaults, lookups)

    update_or_create, aupdate_or_create = twins(_update_or_create)

    @alters_data
    def _bulk_create(
        self,
        rows: Iterable[R],
        *,
        progress: Progress | None = None,
        errors: Errors | None = None,
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] = (),
        unique_fields: Collection[str] = (),
    ) -> Operation[list[R]]:
        """Write new rows, 100 (or `batch_size`, if that is less) in a request, each whole or not at all.

        All are validated before the first request; errors are keyed by position and column.

        - `progress`: called after each request with the numbers of rows written and of all rows.
        - `errors`: a dict for the errors of rows that cannot be written, by position; the others are written and
          returned.
        - `ignore_conflicts`: leave out rows whose id or unique values are taken (their `is_saved` stays False).
        - `update_conflicts`: write the columns `update_fields` into the row that has the same `unique_fields`, which
          are the id or the columns of a `UniqueIndex`; the others are created. Neither can be used inside `atomic()`.

        Raises `DuplicateId`, `UniqueViolation`.
        """
        conflicts = conflicts_of(self.model, ignore_conflicts, update_conflicts, update_fields, unique_fields)
        return bulk_create.bulk_create(self.model, list(rows), self.db, progress, errors, conflicts, batch_size)

    bulk_create, abulk_create = twins(_bulk_create)

    @alters_data
    def _bulk_update(
        self, rows: Iterable[R], fields: Collection[str], *, errors: Errors | None = None, batch_size: int | None = None
    ) -> Operation[int]:
        """Write these columns of many rows, each with its own values; return how many had changed.

        Each hundred of them (or `batch_size`, if that is less) is one Appwrite transaction of three requests, all or
        nothing. Raises `Conflict` when a row was changed from outside meanwhile; hundreds before it are then written.
        `errors`: a dict for the errors of rows that cannot be written, by position; the others are written.
        """
        return bulk_update.bulk_update(self.model, list(rows), fields, self.db, errors, batch_size)

    bulk_update, abulk_update = twins(_bulk_update)

    @alters_data
    def _update_matching(self, **values: Any) -> Operation[int]:
        """Set these columns in every row that matches, in one request; return how many there were.

        A value may start from the stored one: `stock=F("stock") - 1`, `lent=~F("lent")`, `seen=Now()`,
        `tags=Apply(Operator.array_append(["new"]))`.
        """
        self._refuse_slice("update")
        return update_delete.update_matching(self._query, values)

    update, aupdate = twins(_update_matching, "update")

    @alters_data
    def _delete(self) -> Operation[tuple[int, dict[str, int]]]:
        """Delete every row that matches, in one request; return how many there were, as Django does."""
        self._refuse_slice("delete")
        return update_delete.delete_matching(self._query)

    delete, adelete = twins(_delete)

    def _is_updated(self) -> Operation[bool]:
        """Return whether cached results of this table are current: it has been read since it last changed."""
        return connections[self.db].is_current(self.ref)

    is_updated, ais_updated = twins(_is_updated)

    @alters_data
    def _set_updated(self, updated: bool) -> Operation[None]:
        """Make every cached result of this table a miss if `updated` is False; do nothing if it is True."""
        if not updated:
            yield from invalidate(self.model._meta, self.db)

    set_updated, aset_updated = twins(_set_updated)

    @alters_data
    def _refresh(self) -> Operation[list[R]]:
        """Drop the table's cached results and read these rows again."""
        yield from call(self, "set_updated", False)
        return list((yield from self._clone()._all_rows()))

    refresh, arefresh = twins(_refresh)


def _named(names: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return the names of a call; a single None, which clears in Django, counts as none."""
    return () if names == (None,) else names  # type: ignore[return-value]


def _cap(cap: int | None = None) -> int | None:
    return _positive("cap", cap)


def _positive(name: str, number: int | None) -> int | None:
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
        raise ValueError(f"{name} must be a whole number of rows above 0, not {number!r}.")
    return number


Manager.queryset_class = QuerySet
for _name, _method in proxies(QuerySet, Manager).items():
    setattr(Manager, _name, _method)
