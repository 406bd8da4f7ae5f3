"""Notes, each with permissions of its own."""

from django_appwrite_orm import Index, Permission, Role, Table, columns


class Note(Table):
    text = columns.String(size=500, required=True)
    author = columns.String(size=40, required=True)
    public = columns.Boolean(default=False)

    class Meta:
        name = "notes"
        indexes = [Index("-created_at")]
        # Every user may write notes; who reads, changes and deletes one is said by the note itself.
        permissions = [Permission.create(Role.users())]
        row_security = True

    def __str__(self) -> str:
        return self.text[:60]


def permissions_of_note(user_id: str, *, public: bool) -> list[str]:
    """Its author may do everything with it, and everybody may read it if it is public."""
    author = Role.user(user_id)
    own = [Permission.read(author), Permission.update(author), Permission.delete(author)]
    return [*own, Permission.read(Role.any())] if public else own
