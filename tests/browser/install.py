"""Install what is missing of the browser and its driver: `python -m tests.browser.install`.

Where root calls it on Debian, as in a container or in CI, by apt-get. Elsewhere it ends with status 1, and says what to
install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.browser.programs import PACKAGES, ProgramsMissing, find

ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def main() -> str | None:
    """Return why there is no browser, or None once there is one."""
    try:
        programs = find()
    except ProgramsMissing as missing:
        apt = shutil.which("apt-get")
        if apt is None or os.geteuid() != 0:
            return str(missing)
        print(f"{missing}\nInstalling them by {apt}.", flush=True)
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
            command = [apt, "--quiet", "--option", "Acquire::Retries=3", *arguments]
            status = subprocess.run(command, env=os.environ | ENVIRONMENT, check=False).returncode
            if status:
                return f"`{' '.join(command)}` ended with status {status}."
        try:
            programs = find()
        except ProgramsMissing as still_missing:
            return str(still_missing)
    print(f"Browser: {programs.browser}. Driver: {programs.driver}.")
    return None


if __name__ == "__main__":
    sys.exit(main())
