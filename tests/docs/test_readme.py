"""The example of the README runs from its table on, once the table is migrated."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from django_appwrite_orm import register
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_example_runs() -> None:
    (block,) = re.findall(r"^```python\n# settings.py\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    table, use = block.partition("# shop/tables.py\n")[2].split("# anywhere")
    blocking, question = use.partition("\n")[2].split("await ")
    program: dict = {"__name__": "shop.tables"}
    exec(compile(table, "README.md, the table", "exec"), program)
    product = program["Product"]
    register(product)
    try:
        run_sync(migrate([product]))
        exec(compile(blocking, "README.md, what uses it", "exec"), program)

        async def asked() -> object:
            return await eval(question, program)

        assert asyncio.run(asked()) == product.objects.get(name="Dune")
    finally:
        registry.discard(product)
