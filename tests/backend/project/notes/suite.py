"""Tests as a user writes them. Each begins with what Django promises, whichever ran before it."""

# ruff: noqa: PT027 - they are for Django's runner

from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import TestCase, TransactionTestCase

from django_appwrite_orm.contrib.testing import AppwriteTestMixin

from .models import Note, Tag
from .tables import Page


def titles(using="default"):
    return sorted(Note.objects.using(using).values_list("title", flat=True))


class InATransaction(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.kept = Note.objects.create(title="kept", tag=Tag.objects.get(name="from a migration"))

    def setUp(self):
        Note.objects.create(title="set up")

    def test_create(self):
        Note.objects.create(title="made")
        assert titles() == ["kept", "made", "set up"]

    def test_delete(self):
        assert titles() == ["kept", "set up"]
        Note.objects.all().delete()
        assert titles() == []

    def test_update(self):
        assert titles() == ["kept", "set up"]
        Note.objects.update(title="changed")
        assert titles() == ["changed", "changed"]

    def test_update_of_what_the_class_made(self):
        self.kept.title = "changed"
        self.kept.save()
        assert titles() == ["changed", "set up"]

    def test_read_only(self):
        assert titles() == ["kept", "set up"]

    def test_block_in_the_test(self):
        with transaction.atomic():
            Note.objects.create(title="made")
        assert titles() == ["kept", "made", "set up"]

    def test_broken_constraint_in_a_block(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            Tag.objects.create(name="from a migration")
        assert Tag.objects.count() == 1

    def test_on_commit(self):
        with self.captureOnCommitCallbacks(execute=True) as callbacks:
            transaction.on_commit(lambda: Note.objects.create(title="later"))
        assert len(callbacks) == 1
        assert "later" in titles()

    async def test_in_a_coroutine(self):
        await Note.objects.acreate(title="made")
        assert await Note.objects.acount() == 3


class ClosesItsConnection(TestCase):
    def test_closed_connection(self):
        Note.objects.create(title="made")
        connection.close()  # which ends the transaction: what follows is refused
        with self.assertRaises(TransactionManagementError):
            Note.objects.count()


class WithATable(AppwriteTestMixin, TestCase):
    """Tables and models of one database: the mixin and Django's class put back what each of them made."""

    @classmethod
    def setUpTestData(cls):
        Page.objects.create(name="kept")
        Note.objects.create(title="kept")

    def test_create(self):
        Page.objects.create(name="made")
        Note.objects.create(title="made")
        assert (Page.objects.count(), Note.objects.count(), Tag.objects.count()) == (2, 2, 1)

    def test_create_again(self):
        self.test_create()


class AfterIt(TestCase):
    def test_nothing_is_left(self):
        assert titles() == []
        assert Tag.objects.count() == 1


class OnTwoDatabases(TestCase):
    databases = {"default", "archive"}

    @classmethod
    def setUpTestData(cls):
        Note.objects.create(title="here")
        Note.objects.using("archive").create(title="there")

    def test_one_way(self):
        Note.objects.create(title="a")
        Note.objects.using("archive").create(title="b")
        assert (titles(), titles("archive")) == (["a", "here"], ["b", "there"])

    def test_the_other_way(self):
        Note.objects.using("archive").create(title="c")
        Note.objects.create(title="d")
        assert (titles(), titles("archive")) == (["d", "here"], ["c", "there"])

    def test_one_of_them(self):
        Note.objects.using("archive").all().delete()
        assert (titles(), titles("archive")) == (["here"], [])


class WithoutATransaction(TransactionTestCase):
    def test_create(self):
        assert titles() == []
        Note.objects.create(title="made")
        assert titles() == ["made"]

    def test_create_again(self):
        assert titles() == []
        Note.objects.create(title="made")
        assert titles() == ["made"]

    def test_block(self):
        with transaction.atomic():
            Note.objects.create(title="made")
        assert titles() == ["made"]


class WithWhatMigrationsMade(TransactionTestCase):
    serialized_rollback = True

    def test_it_is_there(self):
        assert list(Tag.objects.values_list("name", flat=True)) == ["from a migration"]
        Tag.objects.all().delete()

    def test_it_is_there_again(self):
        assert list(Tag.objects.values_list("name", flat=True)) == ["from a migration"]
        Tag.objects.all().delete()
