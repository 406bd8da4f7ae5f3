"""Follow a tutorial literally: write its files, type its commands, and compare what they print with the page.

What a page may consist of, beside text:

- `console` blocks. A line that starts with `$ ` is a command; the lines below it are what it prints, where `...` stands
  for anything. A command without such lines has to succeed. All are typed into one shell, one after another. Those in
  `SERVERS` are started and left running until the same port is needed again. After files were written, `runserver` is
  started again before the next command, which it does by itself for a reader.
- A `pycon` block after the command `python manage.py shell`, whose lines are compared as by doctest, with `...` too.
- Files: `python`, `html` or `sh` blocks that begin with a comment that names the file. The text before them ends in
  "Create `FILE`:", "Replace the contents of `FILE`:" or "In `FILE`, set ...:". The last replaces each variable that the
  block assigns, or adds it to the end.

Everything else is an error, so that nothing on a page remains untried.
"""

from __future__ import annotations

import ast
import doctest
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from types import TracebackType

from .pages import DOCS, CodeBlock, code_blocks
from .ports import free_port
from .waiting import until

# What serves, by a word of the command, and the port on the page. `runserver` has no port in its command.
SERVERS = {"runserver": 8000, "gunicorn": 8000, "redis-server": 6379, "serve_appwrite": 9501}
LIMIT = 120  # seconds for a command
_INSTRUCTION = re.compile(r"(Create|Replace the contents of|In) `([\w./-]+)`(?:, set [^.]*)?:\n\n$")
_PACKAGE = re.compile(r"(?<=pip install )\"?django-appwrite-orm(\[\w+\])?\"?(?=$| )")
_DOCTEST = """
import doctest, pathlib
text = pathlib.Path({file!r}).read_text()
test = doctest.DocTestParser().get_doctest(text, globals(), {name!r}, {name!r}, 0)
raise SystemExit(doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed != 0 or not test.examples)
"""
# A terminal for one command: without one, nobody is asked for a password.
_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(['bash', '-c', sys.argv[1]])))"


class Differs(AssertionError):
    """Something on the page is not so."""


class Follower:
    """Somebody at a terminal in an empty folder, with a browser for what is on the page besides.

    `package` is a wheel, which is installed instead of `django-appwrite-orm` from an index. `environment` is what the
    terminal has beside HOME, `password` what is typed at each prompt for one.
    """

    def __init__(self, folder: Path, package: Path, environment: dict[str, str], password: str) -> None:
        self.folder = folder
        self.package = package
        self.password = password
        self.ports = {port: free_port() for port in sorted(set(SERVERS.values()))}
        self._served: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}
        self._is_outdated = False
        self._log = folder.with_suffix(".log")
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={"HOME": str(folder), "LANG": "C.UTF-8"} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for port in list(self._served):
            self.stop(port)
        with self._shell:
            self._shell.kill()

    def address(self, port: int = 8000) -> str:
        """The URL of what the page says is on this port."""
        return f"http://127.0.0.1:{self.ports[port]}"

    def follow(self, page: str) -> int:
        """Do all that the page says; return the number of its blocks. Raises `Differs`."""
        blocks = code_blocks(page)
        text = (DOCS / page).read_text(encoding="utf-8")
        if not blocks or len(re.findall("```|~~~", text)) != 2 * len(blocks):
            raise Differs(
                f"{page} has no blocks, or indented ones, or one without a language: they would not be followed."
            )
        typed: list[CodeBlock] | None = None  # into the shell of Django, if it is open
        for block in blocks:
            if typed is not None and block.language != "pycon":
                self._try_in_shell(block, typed)
                typed = None
            if block.language == "console":
                typed = [] if self._type(block) else None
            elif block.language == "pycon" and typed is not None:
                typed.append(block)
            elif block.language in ("python", "html", "sh"):
                self._write(block, text)
            else:
                raise Differs(f"{block.place}: nobody knows what to do with a block of {block.language} here.")
        if typed is not None:
            self._try_in_shell(blocks[-1], typed)
        self._reload(blocks[-1].place)
        return len(blocks)

    def run(self, command: str) -> tuple[str, int]:
        """Type a command into the terminal; return what it prints, and its exit status."""
        mark = f"--- {os.urandom(8).hex()} "
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{mark}%s\\n' $?\n".encode())
        self._shell.stdin.flush()
        output = ""
        timer = threading.Timer(LIMIT, os.killpg, [self._shell.pid, signal.SIGKILL])
        timer.start()
        try:
            for line in iter(self._shell.stdout.readline, b""):
                if line.startswith(mark.encode()):
                    return output.removesuffix("\n").replace("\r", ""), int(line.split()[-1])
                output += line.decode(errors="replace")
        finally:
            timer.cancel()
        raise Differs(f"The terminal was closed, or took longer than {LIMIT} s: {command}\n{output}")

    def stop(self, port: int) -> None:
        """Press Ctrl-C where the server on this port of the page runs, if one does."""
        _, process = self._served.pop(port, (None, None))
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()

    def _reload(self, where: str) -> None:
        """Start `runserver` again if files were written since."""
        if self._is_outdated:
            self._is_outdated = False
            for port, (command, _) in list(self._served.items()):
                if "runserver" in command:
                    self._serve(port, command, where)

    def _type(self, block: CodeBlock) -> bool:
        """Type the commands of a block; return whether the last one has opened Django's shell."""
        try:
            steps = list(block.commands())
        except ValueError as error:
            raise Differs(error) from None
        self._reload(block.place)
        for number, (command, shown) in enumerate(steps):
            where = f"{block.place}: {command}"
            if command == "python manage.py shell" and number == len(steps) - 1 and not shown:
                return True
            port = next((SERVERS[word] for word in SERVERS if re.search(rf"(?<![\w-]){word}(?![\w-])", command)), None)
            if port is not None and not command.startswith("pip "):
                self._serve(port, command, where)
            elif shown and shown.startswith("Password:"):
                self._compare(where, shown, self._at_prompts(self._here(command)))
            else:
                printed, status = self.run(self._here(command))
                if status:
                    raise Differs(f"{where}\nended with {status}:\n{printed}")
                if shown:
                    self._compare(where, shown, printed)
        return False

    def _compare(self, where: str, shown: str, printed: str) -> None:
        for port, real in self.ports.items():
            printed = printed.replace(str(real), str(port))
        want, got = (re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).strip("\n") + "\n" for text in (shown, printed))
        if not doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS):
            raise Differs(f"{where}\non the page:\n{textwrap.indent(want, '  ')}printed:\n{textwrap.indent(got, '  ')}")

    def _here(self, text: str) -> str:
        """Return text of the page with the ports that are free here, and the package that is to be tried."""
        text = _PACKAGE.sub(rf"'django-appwrite-orm\1 @ {self.package.as_uri()}'", text)
        text = re.sub(r"\brunserver$", "runserver --noreload 8000", text)
        for port, real in self.ports.items():
            text = re.sub(rf"\b{port}\b", str(real), text)
        return text

    def _serve(self, port: int, command: str, where: str) -> None:
        self.stop(port)
        folder, variables = self._place()
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {self._here(command)}"],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._served[port] = command, process

        def serves() -> bool:
            if process.poll() is not None:
                raise Differs(f"{where}\nended:\n{self._log.read_text()}")
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", self.ports[port])) == 0

        until(serves)

    def _place(self) -> tuple[str, dict[str, str]]:
        """Return the folder that the terminal is in, and its environment."""
        folder, _ = self.run("pwd")
        printed, _ = self.run("python3 -c 'import json, os; print(json.dumps(dict(os.environ)))'")
        return folder.strip(), json.loads(printed)

    def _at_prompts(self, command: str) -> str:
        """Run a command that asks for passwords, on a terminal of its own, and type them; return what it prints."""
        folder, variables = self._place()
        with subprocess.Popen(
            [sys.executable, "-c", _TERMINAL, command],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        ) as process:
            timer = threading.Timer(LIMIT, os.killpg, [process.pid, signal.SIGKILL])
            timer.start()
            assert process.stdin is not None
            assert process.stdout is not None
            printed = b""
            while piece := process.stdout.read(4096):
                printed += piece
                if re.search(rb"Password[^\n]*: $", printed):
                    process.stdin.write(f"{self.password}\n".encode())
            timer.cancel()
        return printed.decode().replace("\r", "")

    def _try_in_shell(self, end: CodeBlock, typed: list[CodeBlock]) -> None:
        if not typed:
            raise Differs(f"{end.place}: nothing was typed into the shell of Django before.")
        file, code = self.folder.with_suffix(".pycon"), self.folder.with_suffix(".py")
        # Blank lines keep the numbers of lines those of the page.
        lines = ""
        for block in typed:
            lines += "\n" * (block.line - 1 - lines.count("\n")) + block.text
        file.write_text(lines, encoding="utf-8")
        code.write_text(_DOCTEST.format(file=str(file), name=typed[0].place), encoding="utf-8")
        printed, status = self.run(f'python manage.py shell -v 0 -c "$(cat {code})"')
        if status:
            raise Differs(f"{typed[0].place}\n{printed}")

    def _write(self, block: CodeBlock, text: str) -> None:
        before = "".join(text.splitlines(keepends=True)[: block.line - 2])
        instruction = _INSTRUCTION.search(before)
        if instruction is None or instruction[2] != block.file:
            raise Differs(f"{block.place}: the text before it does not say what to do with {block.file}.")
        path, code = Path(self.run("pwd")[0].strip()) / instruction[2], self._here(block.text)
        if path.exists() == (instruction[1] == "Create"):
            raise Differs(f"{block.place}: {block.file} {'exists already' if path.exists() else 'does not exist'}.")
        if instruction[1] == "In":
            code = with_settings(path.read_text(encoding="utf-8"), code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, encoding="utf-8")
        self._is_outdated = True


def with_settings(source: str, block: str) -> str:
    """Return source in which the variables that the block assigns are replaced, or added to the end."""
    lines, added = source.splitlines(keepends=True), []
    places = {name: node for node in ast.parse(source).body for name in assigned(node)}
    replaced: dict[int, str] = {}
    for node in ast.parse(block).body:
        code = ast.get_source_segment(block, node)
        (name,) = assigned(node)
        if name in places:
            replaced[places[name].lineno] = f"{code}\n"
            for number in range(places[name].lineno, places[name].end_lineno or 0):
                replaced[number + 1] = ""
        else:
            added.append(f"\n{code}\n")
    return "".join([*(replaced.get(number, line) for number, line in enumerate(lines, 1)), *added])


def assigned(node: ast.stmt) -> list[str]:
    """Return the names that a statement assigns."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
