"""The example project of the guides as it is deployed: files, an Appwrite over HTTP, a Redis, and real processes."""

from __future__ import annotations

import http.client
import json
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import projects, redis_server, scoped_keys
from tests.support.guides import EXAMPLE, write_project
from tests.support.pages import CodeBlock, code_blocks
from tests.support.scoped_keys import ScopedAppwrite
from tests.support.waiting import until

# The page with the settings of a deployed project.
SETTINGS = "how-to/deploy-with-gunicorn.md"

# What the guides assume of the project: a page that shows rows and adds one, and a user who may listen. Responses name
# their process.
_PAGES = {
    "shop/views.py": """
import json, os

from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from shop.models import Product


@csrf_exempt
def products(request):
    if request.method == "POST":
        Product.objects.create(**json.loads(request.body))
    return JsonResponse({"products": list(Product.objects.order_by("name").values("name", "price"))})


def process_id(get_response):
    def respond(request):
        response = get_response(request)
        response["X-Process"] = str(os.getpid())
        return response

    return respond
""",
    "shop/models.py": """
    class Appwrite:
        permissions = ['read("user:cache-listener")']
""",
    "config/urls.py": """
from shop import views

urlpatterns += [path("products/", views.products)]
""",
}


# Without the tables of Django's own apps, whose migrations take long.
_ONLY_THE_SHOP = """
INSTALLED_APPS = ["django_appwrite_orm", "shop"]
MIDDLEWARE = ["django_appwrite_orm.web.AppwriteCacheMiddleware", "shop.views.process_id"]
"""

# The files of a project after its migrations, by its models.
_migrated: dict[str, dict[str, bytes]] = {}


@dataclass(frozen=True)
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: str


@dataclass
class Deployment:
    """The project in a folder; its commands and servers run with this environment."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    output: str = ""
    """Of the last server."""
    appwrite: ScopedAppwrite = field(init=False)

    def full(self) -> dict[str, str]:
        """The environment of its processes."""
        inherited = projects.environment_of(self.folder)
        inherited.pop("XDG_RUNTIME_DIR", None)
        own = {"PYTHONUNBUFFERED": "1", "HOME": str(self.folder / "home")}
        return {**inherited, **own, **self.environment}

    def migrate(self) -> None:
        """Make the migrations of the shop and its tables, in one process."""
        commands = "call_command('makemigrations', 'shop'); call_command('migrate', 'shop')"
        setup = "import django; django.setup(); from django.core.management import call_command"
        environment = {**self.environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
        projects.run(self.folder, "-c", f"{setup}; {commands}", **environment)

    def start(self, line: str | list[str]) -> subprocess.Popen[str]:
        """Start a command as it is on a page, or its words: programs of Python packages are those of this Python."""
        program, *arguments = shlex.split(line) if isinstance(line, str) else line
        # With `-m`, what gunicorn starts in its own place would find its modules before those of the library.
        first = sys.executable if program == "python" else str(Path(sys.executable).with_name(program))
        return subprocess.Popen(
            [first, *arguments],
            cwd=self.folder,
            env=self.full(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, line: str, status: int = 0) -> str:
        """Run a command to its end; return its output."""
        process = self.start(line)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == status, output
        return output

    @contextmanager
    def serving(self, line: str | list[str], port: int, path: str = "/alive/") -> Iterator[subprocess.Popen[str]]:
        """A server that responds at the port; `output` has what it wrote, once it has ended."""
        process = self.start(line)
        try:
            until(lambda: process.poll() is not None or _responds(port, path))
            assert process.poll() is None, process.communicate()[0]
            yield process
        finally:
            process.terminate()
            try:
                self.output, _ = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                self.output, _ = process.communicate()

    @contextmanager
    def background(self, line: str, until_it_says: str) -> Iterator[subprocess.Popen[str]]:
        """A process that runs until it gets SIGTERM, once it has written a line with this text."""
        process = self.start(line)
        assert process.stdout is not None
        try:
            for written in process.stdout:
                if until_it_says in written:
                    break
            else:
                raise AssertionError(f"{line} has ended without {until_it_says!r}.")
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def _responds(port: int, path: str) -> bool:
    try:
        return request(port, path).status < 500
    except OSError:
        return False


def request(port: int, path: str, body: str | None = None, **headers: str) -> Response:
    """Send one request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if body is None else "POST", path, body, names)
        response = connection.getresponse()
        return Response(response.status, response.headers, response.read().decode())
    finally:
        connection.close()


@contextmanager
def deployed(folder: Path, *pages: str, key: str = "local", **environment: str) -> Iterator[Deployment]:
    """The example with the settings of a deployed project and the files of `pages`; tables are made, without rows.

    Its Appwrite is in this process, and has one API key.
    """
    own = [CodeBlock("python", f"# {name}\n{text}", Path(__file__), 1) for name, text in _PAGES.items()]
    from_pages = [block for page in dict.fromkeys((EXAMPLE, SETTINGS, *pages)) for block in code_blocks(page)]
    write_project([*(block for block in from_pages if block.file), *own], folder)
    with (folder / "config" / "settings.py").open("a") as settings:
        settings.write(_ONLY_THE_SHOP)
    urls = folder / "config" / "urls.py"
    urls.write_text(urls.read_text().replace("path('admin/', admin.site.urls),", ""))
    made = Deployment(folder)
    file = folder / "appwrite.sqlite3"
    models = (folder / "shop" / "models.py").read_text()
    if models in _migrated:
        for name, content in _migrated[models].items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    keys = {key: scoped_keys.EVERYTHING}
    with scoped_keys.serving(file, keys) as (made.appwrite, endpoint), redis_server.running() as redis_url:
        made.environment = {
            "SECRET_KEY": "secret" * 10,
            "ALLOWED_HOSTS": "localhost,127.0.0.1,shop.example",
            "APPWRITE_ENDPOINT": endpoint,
            "APPWRITE_PROJECT_ID": "local",
            "APPWRITE_API_KEY": key,
            "REDIS_URL": redis_url,
            **environment,
        }
        if models not in _migrated:
            made.migrate()
            _migrated[models] = {
                str(path.relative_to(folder)): path.read_bytes()
                for path in [*folder.glob("appwrite.sqlite3*"), *(folder / "shop" / "migrations").glob("*.py")]
            }
        yield made


def call_appwrite(deployment: Deployment, path: str, body: dict[str, object]) -> None:
    """Create something on the deployment's Appwrite, past the site."""
    key = deployment.environment["APPWRITE_API_KEY"]
    headers = {"X-Appwrite-Project": "local", "X-Appwrite-Key": key, "Content-Type": "application/json"}
    url = deployment.environment["APPWRITE_ENDPOINT"] + path
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as response:
        assert response.status == 201
