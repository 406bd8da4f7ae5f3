"""What row code needs to know of the request it works for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..protocol.callers import Caller
from ..store.session import Session
from .show import View

if TYPE_CHECKING:
    from ..catalogue.reading import Catalogue
    from ..defects import Defects


@dataclass(frozen=True, slots=True)
class Work:
    """A request's transaction, caller and view; everything it writes carries its ``moment``. A row that was changed
    after ``as_of`` (empty: any) is not what the client knows, and is not changed."""

    session: Session
    catalogue: Catalogue
    caller: Caller
    view: View
    moment: str
    defects: Defects
    as_of: str = ""
