"""What docs/how-to/async-views.md promises."""

import asyncio
import json
from unittest import mock

from django.core.exceptions import SynchronousOnlyOperation
from django.test import SimpleTestCase
from shop.prices import swap_prices
from shop.tables import Maker, Part

from django_appwrite_orm.contrib.testing import AppwriteTestMixin
from django_appwrite_orm.transport.client import Client


class Views(AppwriteTestMixin, SimpleTestCase):
    async def make_rows(self):
        self.maker = await Maker.objects.acreate(name="Ace")
        self.screw = await Part.objects.acreate(name="Screw", price=0.1, maker=self.maker)

    async def get(self, path):
        return await self.async_client.get(path)

    async def test_a_part_with_its_maker(self):
        await self.make_rows()
        response = await self.get(f"/parts/{self.screw.id}/")
        assert response.json() == {"name": "Screw", "maker": "Ace"}
        assert (await self.get("/parts/none/")).status_code == 404

    async def test_a_relation_that_was_not_read_is_refused(self):
        await self.make_rows()
        part = await Part.objects.aget(pk=self.screw.id)
        with self.assertRaises(SynchronousOnlyOperation):  # noqa: PT027 - pytest runs none of this
            part.maker  # noqa: B018

    async def test_reads_are_under_way_at_the_same_time(self):
        await self.make_rows()
        all_under_way, send = asyncio.Barrier(3), Client.asend

        async def waiting_for_the_others(*args, **kwargs):
            await asyncio.wait_for(all_under_way.wait(), 30)  # fails unless three are under way at once
            return await send(*args, **kwargs)

        with mock.patch.object(Client, "asend", waiting_for_the_others):
            response = await self.get("/overview/")
        assert response.json() == {"parts": 1, "makers": 1, "cheapest": "Screw"}
        assert response["X-Cache-Status"] == "MISS"
        again = await self.get("/overview/")
        assert again["X-Cache-Status"] == "HIT"
        assert "3 reads" in again["Server-Timing"]

    async def test_equal_reads_are_one_request(self):
        await self.make_rows()
        with self.assertNumAppwriteRequests(1):
            response = await self.get("/dashboard/")
        assert response.json() == {"counts": [1] * 5}

    async def test_rows_are_streamed_page_by_page(self):
        await Part.objects.abulk_create([Part(name=f"{number:04}", price=1.0) for number in range(1100)])
        response = await self.get("/export/")
        assert response.streaming
        names = []
        with self.assertNumAppwriteRequests(3):
            async for line in response:
                names.append(json.loads(line)["name"])
        assert names == [f"{number:04}" for number in range(1100)]

    async def test_a_block(self):
        await self.make_rows()
        nut = await Part.objects.acreate(name="Nut", price=0.2)
        await swap_prices(self.screw.id, nut.id)
        prices = {part.name: part.price async for part in Part.objects.all()}
        assert prices == {"Screw": 0.2, "Nut": 0.1}
        save = Part.asave

        async def save_or_fail(part, **options):
            if part.name == "Nut":
                raise RuntimeError
            await save(part, **options)

        with (
            mock.patch.object(Part, "asave", save_or_fail),
            self.assertRaises(RuntimeError),  # noqa: PT027
        ):
            await swap_prices(self.screw.id, nut.id)
        assert prices == {part.name: part.price async for part in Part.objects.all()}
