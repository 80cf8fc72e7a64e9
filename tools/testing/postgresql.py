"""A PostgreSQL cluster in a temporary folder, for the time of one run."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import urllib.parse

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
# Tests kill processes of ours, never the machine: the cluster itself needs no fsync.
SETTINGS = """
listen_addresses = ''
fsync = off
full_page_writes = off
max_connections = 400
shared_buffers = 64MB
log_min_messages = warning
"""


class TemporaryPostgresql:
    def __init__(self, needed=True):
        self.needed = needed
        self.folder = None

    def __enter__(self):
        if not self.needed:
            return self
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-pg-", dir="/tmp"))  # a socket's path must be short
        try:
            if os.geteuid() == 0:
                owner = pwd.getpwnam("postgres")
                os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.folder.chmod(0o755)
            self._run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres", "--no-sync",
                      "--no-instructions", "-E", "UTF8", "--locale", "C.UTF-8")
            with open(self.folder / "data/postgresql.conf", "a", encoding="utf-8") as conf:
                conf.write(SETTINGS + f"unix_socket_directories = '{self.folder}'\n")
            self._run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "start")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.folder:
            self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop", check=False)
            shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self):
        if not self.folder:
            return {}
        host = urllib.parse.quote(str(self.folder), safe="")
        return {"GATEHOUSE_TEST_POSTGRESQL": f"postgresql://postgres@{host}"}

    def _run(self, program, *arguments, check=True):
        command = [PROGRAMS / program, *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        # pg_ctl leaves the server running: it must not hold a pipe of ours.
        with open(self.folder / "control.log", "ab") as log:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        if check and done.returncode:
            said = (self.folder / "control.log").read_text(errors="replace")
            raise RuntimeError(f"{program} failed: {said[-2000:]}")
