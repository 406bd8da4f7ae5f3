from django.db import migrations, models


def add_tag(apps, schema_editor):
    apps.get_model("notes", "Tag").objects.using(schema_editor.connection.alias).create(name="from a migration")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=20, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=50)),
                ("tag", models.ForeignKey(null=True, on_delete=models.CASCADE, to="notes.tag")),
            ],
        ),
        migrations.RunPython(add_tag, migrations.RunPython.noop),
    ]
